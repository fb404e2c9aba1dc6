// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.AccessKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.utils.http.SdkHttpUtils;

/** Signs the requests that do not go through the SDK's client. */
final class S3Signer {
  /** Stores refuse what is signed with a time this far from theirs. */
  private static final Duration TOLERATED_SKEW = Duration.ofMinutes(4);

  private final S3Bucket bucket;
  private final SignatureV4 signature;
  private volatile Clock clock = Clock.systemUTC();

  S3Signer(S3Bucket bucket, SignatureV4 signature) {
    this.bucket = bucket;
    this.signature = signature;
  }

  /**
   * Returns the headers of a request. A body is not signed but checked by its checksum's header,
   * which is.
   *
   * @param headers what is signed too
   */
  Map<String, String> sign(
      AccessKey key,
      SdkHttpMethod method,
      String path,
      Map<String, String> query,
      Map<String, String> headers) {
    Map<String, String> signed = new LinkedHashMap<>(headers);
    signed.put("Host", bucket.endpoint().hostHeader());
    if (!key.isAnonymous()) {
      signature.sign(
          key, clock.instant(), method.name(), path, query, signed, SignatureV4.UNSIGNED_PAYLOAD);
    }
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
