// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.config.NearestName;
import io.sluicefs.spi.SettingException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;

/**
 * The options of an ossfs2 configuration: {@code --name=value} a line, {@code --name} and {@code
 * --noname} for flags, {@code #} in front of comments. The last of several counts, as it does for
 * ossfs2. Every option has to be asked for once; what nobody asked for is unknown.
 */
final class Ossfs2Options {
  private static final String NEGATION = "no";

  private final SequencedMap<String, Ossfs2Option> given;
  private final Set<String> known = new TreeSet<>();

  private Ossfs2Options(SequencedMap<String, Ossfs2Option> given) {
    this.given = given;
  }

  static Ossfs2Options read(Path file) throws SettingException {
    SequencedMap<String, Ossfs2Option> given = new LinkedHashMap<>();
    int number = 0;
    for (String text : lines(file)) {
      number++;
      String line = text.strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      int equals = line.indexOf('=');
      String name = (equals < 0 ? line : line.substring(0, equals)).strip();
      if (!name.matches("--?[a-z0-9_]+")) {
        throw new SettingException(
            "%s: %d: expected --name=value or a comment".formatted(file, number));
      }
      name = name.replaceFirst("--?", "");
      String value = equals < 0 ? "true" : line.substring(equals + 1).strip();
      given.put(name, new Ossfs2Option(file, number, name, value));
    }
    return new Ossfs2Options(given);
  }

  private static List<String> lines(Path file) throws SettingException {
    try {
      return Files.readAllLines(file);
    } catch (NoSuchFileException e) {
      throw new SettingException(file + ": no such file");
    } catch (CharacterCodingException e) {
      throw new SettingException(file + ": not a text file in UTF-8");
    } catch (IOException e) {
      throw new SettingException(file + ": not a file this user can read");
    }
  }

  /** Returns an option if it is given. */
  Optional<Ossfs2Option> find(String name) {
    known.add(name);
    return Optional.ofNullable(given.get(name));
  }

  /** Returns a flag if it is given. */
  Optional<Ossfs2Option> findFlag(String name) {
    Ossfs2Option negated = given.get(NEGATION + name);
    if (negated != null) {
      known.add(NEGATION + name);
      given.put(name, new Ossfs2Option(negated.file(), negated.line(), name, "false"));
    }
    return find(name);
  }

  /** Returns an option that ossfs2 does not do without. */
  Ossfs2Option get(Path file, String name) throws SettingException {
    return find(name)
        .orElseThrow(() -> new SettingException("%s: --%s is missing".formatted(file, name)));
  }

  /**
   * Checks that everything given was asked for.
   *
   * @throws SettingException for the first option that is unknown
   */
  void checkAllKnown() throws SettingException {
    for (Ossfs2Option option : given.values()) {
      if (!known.contains(option.name())) {
        throw new SettingException(
            "%s: %d: unknown ossfs2 option %s; %s"
                .formatted(
                    option.file(),
                    option.line(),
                    option.name(),
                    NearestName.advice(option.name(), known)));
      }
    }
  }
}
