// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * One signed request without a body, answered by headers or a document.
 *
 * @param method what is asked for
 * @param endpoint where to connect to
 * @param target what stands in the request line: raw path and query, percent-encoded by the caller
 *     and sent as it is, {@code //} and {@code ..} included
 * @param headers the signed headers by name, sent as they are. {@code Host}, {@code User-Agent} and
 *     {@code Accept-Encoding} are added where they are missing
 * @param description what is done, for errors: {@code list of s3://bucket/prefix}
 */
public record QueryRequest(
    Method method,
    Endpoint endpoint,
    String target,
    Map<String, String> headers,
    String description)
    implements Request {
  /** What a request asks for; all of them may be repeated. */
  public enum Method {
    /** A document. */
    GET,
    /** The headers of an answer to GET. */
    HEAD,
    /** That something goes. */
    DELETE
  }

  public QueryRequest {
    Objects.requireNonNull(method, "method");
    Objects.requireNonNull(endpoint, "endpoint");
    Objects.requireNonNull(description, "description");
    if (!target.startsWith("/")) {
      throw new IllegalArgumentException("a request target starts with /, not '" + target + "'");
    }
    headers = new LinkedHashMap<>(headers);
  }

  /** Returns the description: headers hold what gives access. */
  @Override
  public String toString() {
    return description;
  }
}
