// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a store answers when it took a body.
 *
 * @param status the HTTP status, 200 to 299
 * @param headers the first value of every header, by name in lower case
 * @param body the first 64 KiB of the answer's body as UTF-8; malformed bytes are replaced
 */
public record Receipt(int status, Map<String, String> headers, String body) {
  public Receipt {
    headers = Map.copyOf(headers);
  }

  /** Returns the value of a header, or null when the answer has none. */
  public @Nullable String header(String lowerCaseName) {
    return headers.get(lowerCaseName);
  }
}
