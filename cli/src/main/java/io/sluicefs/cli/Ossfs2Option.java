// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.spi.SettingException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An option as an ossfs2 configuration gives it. Its value may be a secret: no message repeats it.
 *
 * @param file the configuration
 * @param line where in it, from 1
 * @param name the option without its dashes
 * @param value what follows the equals sign; {@code true} where there is none
 */
record Ossfs2Option(Path file, int line, String name, String value) {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,18})([kmgt]?)(?:i?b)?");
  private static final Pattern MODE = Pattern.compile("0[0-7]{3}");

  boolean flag() throws SettingException {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "true", "t", "yes", "y", "1" -> true;
      case "false", "f", "no", "n", "0" -> false;
      default -> throw wrong("true or false");
    };
  }

  /** Returns a number of bytes; letters stand for powers of 1024. */
  long size() throws SettingException {
    Matcher matcher = SIZE.matcher(value.toLowerCase(Locale.ROOT));
    if (matcher.matches()) {
      int power = 10 * " kmgt".indexOf(matcher.group(2).isEmpty() ? " " : matcher.group(2));
      long number = Long.parseLong(matcher.group(1));
      if (number <= Long.MAX_VALUE >> power) {
        return number << power;
      }
    }
    throw wrong("a size such as 8388608 or 16g");
  }

  long number(long least, long most) throws SettingException {
    try {
      long number = Long.parseLong(value);
      if (least <= number && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw wrong("a whole number from %d to %d".formatted(least, most));
  }

  String mode() throws SettingException {
    if (!MODE.matcher(value).matches()) {
      throw wrong("octal permission bits such as 0640");
    }
    return value;
  }

  String text() throws SettingException {
    if (value.isEmpty()) {
      throw wrong("a value");
    }
    return value;
  }

  /** Returns an absolute path. */
  Path path() throws SettingException {
    Path path = Path.of(text());
    if (!path.isAbsolute()) {
      throw wrong("an absolute path");
    }
    return path;
  }

  @Override
  public String toString() {
    return "%s: %d: %s".formatted(file, line, name);
  }

  SettingException wrong(String expected) {
    return new SettingException(this + ": expected " + expected);
  }
}
