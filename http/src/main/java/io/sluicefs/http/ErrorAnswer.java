// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is neither the bytes asked for nor a receipt.
 *
 * @param status the HTTP status
 * @param headers the first value of every header, by name in lower case
 * @param body the first 64 KiB of the body as UTF-8; malformed bytes are replaced
 */
public record ErrorAnswer(int status, Map<String, String> headers, String body) {
  /** Most bytes of a body that are read. */
  public static final int MAX_BODY = 64 << 10;

  public ErrorAnswer {
    headers = Map.copyOf(headers);
  }

  /** Returns the value of a header, or null when the answer has none. */
  public @Nullable String header(String lowerCaseName) {
    return headers.get(lowerCaseName);
  }

  /** Returns how long the store asks to wait before the next request; zero if it does not ask. */
  public Duration retryAfter() {
    return RetryAfter.of(status, header("retry-after"), header("date"));
  }
}
