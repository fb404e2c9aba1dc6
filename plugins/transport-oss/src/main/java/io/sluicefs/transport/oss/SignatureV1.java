// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.common.comm.RequestMessage;
import com.aliyun.oss.internal.SignUtils;
import io.sluicefs.http.AccessKey;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Locale;

/** Aliyun's first signature in the headers of requests, which needs the secret for each of them. */
final class SignatureV1 {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private SignatureV1() {}

  /**
   * Adds to a request the headers that sign it.
   *
   * @param resource the bucket and the key, with a slash before each, not encoded
   */
  static void sign(AccessKey key, Instant now, String resource, RequestMessage request) {
    request.addHeader("Date", TIME.format(now));
    if (key.isAnonymous()) {
      return;
    }
    String token = key.token();
    if (token != null) {
      request.addHeader("x-oss-security-token", token);
    }
    String text =
        SignUtils.buildCanonicalString(request.getMethod().toString(), resource, request, null);
    byte[] code = key.hmac("HmacSHA1", "", text.getBytes(StandardCharsets.UTF_8));
    String signature = Base64.getEncoder().encodeToString(code);
    request.addHeader("Authorization", SignUtils.composeRequestAuthorization(key.id(), signature));
  }
}
