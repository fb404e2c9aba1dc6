// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes and times as people write them in a configuration. */
final class Units {
  private static final Pattern AMOUNT = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([a-z]*)");

  private static final Map<String, Long> BYTES =
      Map.ofEntries(
          Map.entry("", 1L),
          Map.entry("b", 1L),
          Map.entry("k", 1L << 10),
          Map.entry("kib", 1L << 10),
          Map.entry("kb", 1_000L),
          Map.entry("m", 1L << 20),
          Map.entry("mib", 1L << 20),
          Map.entry("mb", 1_000_000L),
          Map.entry("g", 1L << 30),
          Map.entry("gib", 1L << 30),
          Map.entry("gb", 1_000_000_000L),
          Map.entry("t", 1L << 40),
          Map.entry("tib", 1L << 40),
          Map.entry("tb", 1_000_000_000_000L));

  private static final Map<String, Long> NANOS =
      Map.of(
          "ns", 1L,
          "us", 1_000L,
          "ms", 1_000_000L,
          "s", 1_000_000_000L,
          "m", 60_000_000_000L,
          "h", 3_600_000_000_000L,
          "d", 86_400_000_000_000L);

  private Units() {}

  static long parseSize(String text) {
    return parse(text, BYTES);
  }

  static Duration parseDuration(String text) {
    if (text.equals("0")) {
      return Duration.ZERO;
    }
    return Duration.ofNanos(parse(text, NANOS));
  }

  private static long parse(String text, Map<String, Long> units) {
    Matcher matcher = AMOUNT.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException("not an amount");
    }
    Long unit = units.get(matcher.group(2));
    if (unit == null) {
      throw new IllegalArgumentException("unknown unit");
    }
    String amount = matcher.group(1);
    try {
      if (amount.indexOf('.') < 0) {
        return Math.multiplyExact(Long.parseLong(amount), unit);
      }
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("too large", e);
    }
    return (long) (Double.parseDouble(amount) * unit);
  }
}
