// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import io.sluicefs.spi.ByteRange;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * One signed GET of a range of one version of an object.
 *
 * @param endpoint where to connect to
 * @param target what stands in the request line: raw path and query, percent-encoded by the caller
 *     and sent as it is, {@code //} and {@code ..} included
 * @param headers the signed headers by name, sent as they are. {@code Host}, {@code Range}, {@code
 *     If-Match}, {@code User-Agent} and {@code Accept-Encoding} are added where they are missing
 * @param range what the answer must hold; not empty
 * @param etag the version the answer must be of, without quotes
 * @param description what is read, for errors: {@code read of s3://bucket/key}
 */
public record RangeRequest(
    Endpoint endpoint,
    String target,
    Map<String, String> headers,
    ByteRange range,
    String etag,
    String description)
    implements Request {
  public RangeRequest {
    Objects.requireNonNull(endpoint, "endpoint");
    Objects.requireNonNull(description, "description");
    if (!target.startsWith("/")) {
      throw new IllegalArgumentException("a request target starts with /, not '" + target + "'");
    }
    if (range.isEmpty()) {
      throw new IllegalArgumentException("an empty range cannot be asked for");
    }
    if (etag.isEmpty()) {
      throw new IllegalArgumentException("the etag is empty");
    }
    headers = new LinkedHashMap<>(headers);
  }

  /** Returns the value of the Range header that asks for {@code range}. */
  public static String rangeHeader(ByteRange range) {
    return "bytes=" + range.start() + "-" + (range.end() - 1);
  }

  /** Returns the value of the If-Match header that asks for the version {@code etag}. */
  public static String ifMatchHeader(String etag) {
    return "\"" + etag + "\"";
  }

  /** Returns the description: headers hold what gives access. */
  @Override
  public String toString() {
    return description;
  }
}
