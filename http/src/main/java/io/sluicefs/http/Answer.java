// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a store answers to a query.
 *
 * @param headers the first value of every header, by name in lower case
 * @param body the whole body
 */
@SuppressWarnings("ArrayRecordComponent") // read once, by who asked
public record Answer(Map<String, String> headers, byte[] body) {
  public Answer {
    headers = Map.copyOf(headers);
  }

  /** Returns the value of a header, or null when the answer has none. */
  public @Nullable String header(String lowerCaseName) {
    return headers.get(lowerCaseName);
  }
}
