// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * One signed request without a body, or with a small document, answered by headers or a document.
 *
 * @param method what is asked for
 * @param endpoint where to connect to
 * @param target what stands in the request line: raw path and query, percent-encoded by the caller
 *     and sent as it is, {@code //} and {@code ..} included
 * @param headers the signed headers by name, sent as they are. {@code Host}, {@code User-Agent} and
 *     {@code Accept-Encoding} are added where they are missing, with a document {@code
 *     Content-Length} too
 * @param document what goes with POST; empty without
 * @param description what is done, for errors: {@code list of s3://bucket/prefix}
 * @param repeatable whether a repeat of it would change nothing, so that it may be sent again over
 *     another connection when a kept one turns out closed
 */
@SuppressWarnings("ArrayRecordComponent") // made for this request, and sent once
public record QueryRequest(
    Method method,
    Endpoint endpoint,
    String target,
    Map<String, String> headers,
    byte[] document,
    String description,
    boolean repeatable)
    implements Request {
  /** What a request asks for. */
  public enum Method {
    /** A document. */
    GET,
    /** The headers of an answer to GET. */
    HEAD,
    /** That something goes. */
    DELETE,
    /** What a document or the query says. */
    POST
  }

  public QueryRequest {
    Objects.requireNonNull(method, "method");
    Objects.requireNonNull(endpoint, "endpoint");
    Objects.requireNonNull(description, "description");
    if (!target.startsWith("/")) {
      throw new IllegalArgumentException("a request target starts with /, not '" + target + "'");
    }
    if (document.length > 0 && method != Method.POST) {
      throw new IllegalArgumentException(method + " takes no document");
    }
    headers = new LinkedHashMap<>(headers);
  }

  /** Creates a request without a document that may be sent again. */
  public QueryRequest(
      Method method,
      Endpoint endpoint,
      String target,
      Map<String, String> headers,
      String description) {
    this(method, endpoint, target, headers, new byte[0], description, true);
  }

  /** Returns the description: headers hold what gives access. */
  @Override
  public String toString() {
    return description;
  }
}
