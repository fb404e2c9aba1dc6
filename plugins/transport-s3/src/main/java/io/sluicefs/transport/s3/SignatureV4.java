// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.AccessKey;
import io.sluicefs.http.SigningKeys;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import software.amazon.awssdk.utils.http.SdkHttpUtils;

/**
 * AWS's Signature Version 4 in the headers of requests to S3. The SDK's own keeps the secret as the
 * name of what it remembers; this one needs it once a day. Thread-safe.
 */
final class SignatureV4 {
  /** In place of the hash of a body that is not signed. */
  static final String UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

  private static final String ALGORITHM = "AWS4-HMAC-SHA256";

  /** Headers that change on the way, or are added after the signature. */
  private static final Set<String> NOT_SIGNED =
      Set.of("authorization", "connection", "expect", "user-agent", "x-amzn-trace-id");

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final SigningKeys keys;

  SignatureV4(String region) {
    keys = new SigningKeys("AWS4", List.of(region, "s3", "aws4_request"));
  }

  /** Returns the hash of a body, as a signature has it. */
  static String payload(byte[] body) {
    return sha256(body);
  }

  /**
   * Adds to the headers of a request those that sign it.
   *
   * @param path as it is sent: encoded once, "//" and ".." kept
   * @param query parameters, not encoded
   * @param headers all there are but those of the signature, Host among them; by name, whose case
   *     is of no matter
   * @param payload the hash of the body, or {@link #UNSIGNED_PAYLOAD}
   */
  void sign(
      AccessKey key,
      Instant now,
      String method,
      String path,
      Map<String, String> query,
      Map<String, String> headers,
      String payload) {
    String time = TIME.format(now);
    headers.put("x-amz-content-sha256", payload);
    headers.put("X-Amz-Date", time);
    String token = key.token();
    if (token != null) {
      headers.put("X-Amz-Security-Token", token);
    }
    TreeMap<String, String> signed = new TreeMap<>();
    headers.forEach(
        (name, value) -> {
          String lower = name.toLowerCase(Locale.ROOT);
          if (!NOT_SIGNED.contains(lower)) {
            signed.put(lower, value);
          }
        });
    String names = String.join(";", signed.keySet());
    StringBuilder canonical = new StringBuilder(1024);
    canonical.append(method).append('\n').append(path.isEmpty() ? "/" : path).append('\n');
    append(canonical, query);
    canonical.append('\n');
    signed.forEach(
        (name, value) -> {
          canonical.append(name).append(':');
          appendTrimmed(canonical, value);
          canonical.append('\n');
        });
    canonical.append('\n').append(names).append('\n').append(payload);
    String day = time.substring(0, "yyyyMMdd".length());
    String scope = keys.scope(day);
    String text =
        String.join(
            "\n",
            ALGORITHM,
            time,
            scope,
            sha256(canonical.toString().getBytes(StandardCharsets.UTF_8)));
    headers.put(
        "Authorization",
        "%s Credential=%s/%s, SignedHeaders=%s, Signature=%s"
            .formatted(ALGORITHM, key.id(), scope, names, keys.sign(key, day, text)));
  }

  private static void append(StringBuilder canonical, Map<String, String> query) {
    TreeMap<String, String> encoded = new TreeMap<>();
    query.forEach(
        (name, value) -> encoded.put(SdkHttpUtils.urlEncode(name), SdkHttpUtils.urlEncode(value)));
    String separator = "";
    for (Map.Entry<String, String> parameter : encoded.entrySet()) {
      canonical
          .append(separator)
          .append(parameter.getKey())
          .append('=')
          .append(parameter.getValue());
      separator = "&";
    }
  }

  /** Without space around it, and with single spaces in it. */
  private static void appendTrimmed(StringBuilder canonical, String value) {
    boolean pending = false;
    boolean begun = false;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == ' ' || (c >= '\t' && c <= '\r')) {
        pending = begun;
        continue;
      }
      if (pending) {
        canonical.append(' ');
        pending = false;
      }
      begun = true;
      canonical.append(c);
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
