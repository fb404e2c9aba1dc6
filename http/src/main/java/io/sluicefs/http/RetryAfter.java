// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** The header by which a store says when to come again. */
public final class RetryAfter {
  /** No caller waits longer, and it fits into nanoseconds. */
  private static final Duration LONGEST = Duration.ofDays(1);

  private RetryAfter() {}

  /**
   * Returns how long an answer asks to wait; zero if it does not ask, or not as HTTP has it.
   *
   * @param status only 429 and 503 ask
   * @param value of Retry-After: seconds, or a date
   * @param date of the answer, from which the date counts: this machine's clock may be wrong
   */
  public static Duration of(int status, @Nullable String value, @Nullable String date) {
    if ((status != 429 && status != 503) || value == null) {
      return Duration.ZERO;
    }
    String text = value.strip();
    if (text.matches("[0-9]+")) {
      return text.length() > 9 ? LONGEST : bounded(Duration.ofSeconds(Long.parseLong(text)));
    }
    Instant until = time(text);
    Instant answered = date == null ? null : time(date.strip());
    return until == null || answered == null
        ? Duration.ZERO
        : bounded(Duration.between(answered, until));
  }

  private static Duration bounded(Duration wait) {
    if (wait.isNegative()) {
      return Duration.ZERO;
    }
    return wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
  }

  private static @Nullable Instant time(String text) {
    try {
      return DateTimeFormatter.RFC_1123_DATE_TIME.parse(text, Instant::from);
    } catch (DateTimeException e) {
      return null;
    }
  }
}
