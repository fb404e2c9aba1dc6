// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryAfterTest {
  @Test
  void aDateCountsFromTheDateOfTheAnswerOrNotAtAll() {
    Map<String, String> headers = Map.of("retry-after", "Wed, 01 Dec 2032 12:00:00 GMT");

    assertEquals(Duration.ZERO, new ErrorAnswer(503, headers, "").retryAfter());
  }

  @ParameterizedTest
  @CsvSource({
    "503, 120, PT2M",
    "429, ' 3 ', PT3S",
    "503, 0, PT0S",
    "503, 'Tue, 01 Dec 2026 12:00:30 GMT', PT30S",
    "503, 'Tue, 1 Dec 2026 11:59:00 GMT', PT0S",
    "503, 'Wed, 01 Dec 2032 12:00:00 GMT', PT24H",
    "503, 99999999999999999999, PT24H",
    "503, 999999999, PT24H",
    "503, -5, PT0S",
    "503, soon, PT0S",
    "503, '', PT0S",
    "503, , PT0S",
    "500, 120, PT0S",
    "301, 120, PT0S",
  })
  void isSecondsOrADateByTheClockOfTheStore(int status, String value, Duration expected) {
    Map<String, String> date = Map.of("date", "Tue, 01 Dec 2026 12:00:00 GMT");
    Map<String, String> headers =
        value == null ? date : Map.of("retry-after", value, "date", date.get("date"));

    assertEquals(expected, new ErrorAnswer(status, headers, "").retryAfter());
  }
}
