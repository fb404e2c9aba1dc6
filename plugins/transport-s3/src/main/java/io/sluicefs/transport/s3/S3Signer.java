// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.utils.http.SdkHttpUtils;

/** Signs the requests that do not go through the SDK's client. */
final class S3Signer {
  /** Stores refuse what is signed with a time this far from theirs. */
  private static final Duration TOLERATED_SKEW = Duration.ofMinutes(4);

  private final AwsV4HttpSigner signer = AwsV4HttpSigner.create();
  private final S3Bucket bucket;
  private final S3Credentials credentials;
  private volatile Clock clock = Clock.systemUTC();

  S3Signer(S3Bucket bucket, S3Credentials credentials) {
    this.bucket = bucket;
    this.credentials = credentials;
  }

  /**
   * Returns the headers of a request. A body is not signed but checked by its checksum's header,
   * which is. Credentials may be fetched for it.
   *
   * @param headers what is signed too
   */
  Map<String, String> sign(
      SdkHttpMethod method, String path, Map<String, String> query, Map<String, String> headers) {
    SdkHttpRequest.Builder unsigned =
        SdkHttpRequest.builder()
            .method(method)
            // Of no matter to the signature, but else the signer wants to hash the body.
            .protocol("https")
            .host(bucket.endpoint().host())
            .port(bucket.endpoint().port())
            .encodedPath(path);
    query.forEach(unsigned::putRawQueryParameter);
    headers.forEach(unsigned::putHeader);
    SdkHttpRequest request = unsigned.build();
    if (!credentials.isAnonymous()) {
      request = sign(request);
    }
    Map<String, String> signed = new LinkedHashMap<>();
    request.forEachHeader((name, values) -> signed.put(name, values.getFirst()));
    return signed;
  }

  /** Returns the query of a request target, with its question mark; empty without parameters. */
  static String queryString(Map<String, String> query) {
    StringBuilder text = new StringBuilder();
    query.forEach(
        (name, value) ->
            text.append(text.isEmpty() ? '?' : '&')
                .append(SdkHttpUtils.urlEncode(name))
                .append('=')
                .append(SdkHttpUtils.urlEncode(value)));
    return text.toString();
  }

  private SdkHttpRequest sign(SdkHttpRequest request) {
    return signer
        .sign(
            signing ->
                signing
                    .request(request)
                    .identity(credentials.provider().resolveCredentials())
                    .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "s3")
                    .putProperty(AwsV4HttpSigner.REGION_NAME, bucket.region())
                    // S3 signs the path as it is sent: encoded once, "//" and ".." kept.
                    .putProperty(AwsV4HttpSigner.DOUBLE_URL_ENCODE, false)
                    .putProperty(AwsV4HttpSigner.NORMALIZE_PATH, false)
                    .putProperty(AwsV4HttpSigner.PAYLOAD_SIGNING_ENABLED, false)
                    .putProperty(HttpSigner.SIGNING_CLOCK, clock))
        .request();
  }

  /**
   * Signs with the store's time from now on.
   *
   * @return whether that makes a difference
   */
  boolean adoptClock(Instant storeTime) {
    Duration skew = Duration.between(clock.instant(), storeTime);
    if (skew.abs().compareTo(TOLERATED_SKEW) < 0) {
      return false;
    }
    clock = Clock.offset(Clock.systemUTC(), Duration.between(Instant.now(), storeTime));
    return true;
  }
}
