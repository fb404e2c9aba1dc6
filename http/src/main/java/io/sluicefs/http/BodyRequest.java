// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import io.sluicefs.spi.transport.UploadBody;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * One signed PUT of bytes in memory.
 *
 * @param endpoint where to connect to
 * @param target what stands in the request line: raw path and query, percent-encoded by the caller
 *     and sent as it is
 * @param headers the signed headers by name, sent as they are. {@code Host}, {@code
 *     Content-Length}, {@code User-Agent} and {@code Accept-Encoding} are added where they are
 *     missing
 * @param body what is sent; its memory is borrowed while the request runs and may be read twice
 * @param description what is sent, for errors: {@code put of s3://bucket/key}
 * @param repeatable whether a repeat of it would change nothing, so that it may be sent again over
 *     another connection when a kept one turns out closed
 */
public record BodyRequest(
    Endpoint endpoint,
    String target,
    Map<String, String> headers,
    UploadBody body,
    String description,
    boolean repeatable)
    implements Request {
  public BodyRequest {
    Objects.requireNonNull(endpoint, "endpoint");
    Objects.requireNonNull(body, "body");
    Objects.requireNonNull(description, "description");
    if (!target.startsWith("/")) {
      throw new IllegalArgumentException("a request target starts with /, not '" + target + "'");
    }
    headers = new LinkedHashMap<>(headers);
  }

  /** Creates a request that may be sent again. */
  public BodyRequest(
      Endpoint endpoint,
      String target,
      Map<String, String> headers,
      UploadBody body,
      String description) {
    this(endpoint, target, headers, body, description, true);
  }

  /** Returns the description: headers hold what gives access. */
  @Override
  public String toString() {
    return description;
  }
}
