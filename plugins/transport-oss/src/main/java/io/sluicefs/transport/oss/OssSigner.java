// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.HttpMethod;
import com.aliyun.oss.common.comm.RequestMessage;
import com.aliyun.oss.internal.RequestParameters;
import com.aliyun.oss.model.GenericRequest;
import io.sluicefs.http.AccessKey;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes signed requests. Every request is signed on its own, by its headers: that costs 3
 * microseconds of CPU, too little to keep signed URLs per key, which would also put credentials
 * where servers log them. Thread-safe.
 */
final class OssSigner {
  /** Parameters that have no value. */
  private static final Set<String> SUBRESOURCES =
      Set.of(
          RequestParameters.SUBRESOURCE_UPLOADS,
          RequestParameters.SUBRESOURCE_DELETE,
          RequestParameters.SUBRESOURCE_SYMLINK);

  private final OssEndpoint endpoint;
  private final @Nullable SignatureV4 v4;
  private volatile long clockOffsetMillis;

  /**
   * Creates a signer.
   *
   * @param region to be named by signatures; null for those that name none
   */
  OssSigner(OssEndpoint endpoint, @Nullable String region) {
    this.endpoint = endpoint;
    this.v4 = region == null ? null : new SignatureV4(region);
  }

  /**
   * Returns a signed request.
   *
   * @param key the object it is about, or null for the bucket
   * @param parameters of the query, not encoded
   * @param headers beyond those of the signature
   */
  RequestMessage sign(
      HttpMethod method,
      @Nullable String key,
      Map<String, String> parameters,
      Map<String, String> headers,
      AccessKey by) {
    GenericRequest origin = new GenericRequest(endpoint.bucket(), key);
    // What fails is thrown, and logged by whoever catches it.
    origin.setLogEnabled(false);
    RequestMessage request = new RequestMessage(origin, endpoint.bucket(), key);
    request.setMethod(method);
    request.setEndpoint(endpoint.url());
    request.setResourcePath(endpoint.path(key));
    Map<String, @Nullable String> query = query(parameters);
    request.setParameters(query);
    headers.forEach(request::addHeader);
    Instant now = Instant.now().plusMillis(clockOffsetMillis);
    String resource = endpoint.resource(key);
    if (v4 == null) {
      SignatureV1.sign(by, now, resource, request);
    } else {
      v4.sign(by, now, method.toString(), resource, query, request.getHeaders());
    }
    return request;
  }

  /** To V1 a subresource with an empty value is another than one without. */
  private static Map<String, @Nullable String> query(Map<String, String> parameters) {
    Map<String, @Nullable String> query = new LinkedHashMap<>();
    parameters.forEach(
        (name, value) ->
            query.put(name, value.isEmpty() && SUBRESOURCES.contains(name) ? null : value));
    return query;
  }

  /** Signs by the store's clock from now on; returns whether that makes a difference. */
  boolean adoptClock(Instant storeTime) {
    long offset = Duration.between(Instant.now(), storeTime).toMillis();
    boolean differs = Math.abs(offset - clockOffsetMillis) > Duration.ofMinutes(1).toMillis();
    clockOffsetMillis = offset;
    return differs;
  }
}
