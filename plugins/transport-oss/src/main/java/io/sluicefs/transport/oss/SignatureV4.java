// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.common.utils.HttpUtil;
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
import org.jspecify.annotations.Nullable;

/**
 * Aliyun's Signature Version 4 in the headers of requests. The SDK's own needs the secret as text
 * for each of them; this one needs it once a day. Thread-safe.
 */
final class SignatureV4 {
  private static final String ALGORITHM = "OSS4-HMAC-SHA256";
  private static final String UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

  /** Signed besides the store's own headers. */
  private static final Set<String> SIGNED = Set.of("content-type", "content-md5");

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final SigningKeys keys;

  SignatureV4(String region) {
    keys = new SigningKeys("aliyun_v4", List.of(region, "oss", "aliyun_v4_request"));
  }

  /**
   * Adds to the headers of a request those that sign it.
   *
   * @param resource the bucket and the key, with a slash before each, not encoded
   * @param query parameters, not encoded; null for one without a value
   */
  void sign(
      AccessKey key,
      Instant now,
      String method,
      String resource,
      Map<String, @Nullable String> query,
      Map<String, String> headers) {
    String time = TIME.format(now);
    headers.put("x-oss-date", time);
    if (key.isAnonymous()) {
      return;
    }
    String token = key.token();
    if (token != null) {
      headers.put("x-oss-security-token", token);
    }
    headers.put("x-oss-content-sha256", UNSIGNED_PAYLOAD);
    StringBuilder canonical = new StringBuilder(512);
    canonical.append(method).append('\n');
    canonical.append(HttpUtil.urlEncode(resource, true)).append('\n');
    append(canonical, query);
    canonical.append('\n');
    TreeMap<String, String> signed = new TreeMap<>();
    headers.forEach(
        (name, value) -> {
          String lower = name.toLowerCase(Locale.ROOT);
          if (lower.startsWith("x-oss-") || SIGNED.contains(lower)) {
            signed.put(lower, value);
          }
        });
    signed.forEach(
        (name, value) -> canonical.append(name).append(':').append(value.trim()).append('\n'));
    // No more headers are signed than the store asks for.
    canonical.append('\n').append('\n').append(UNSIGNED_PAYLOAD);
    String day = time.substring(0, "yyyyMMdd".length());
    String scope = keys.scope(day);
    String text = String.join("\n", ALGORITHM, time, scope, sha256(canonical.toString()));
    headers.put(
        "Authorization",
        "%s Credential=%s/%s,Signature=%s"
            .formatted(ALGORITHM, key.id(), scope, keys.sign(key, day, text)));
  }

  private static void append(StringBuilder canonical, Map<String, @Nullable String> query) {
    TreeMap<String, String> encoded = new TreeMap<>();
    query.forEach(
        (name, value) ->
            encoded.put(HttpUtil.urlEncode(name, false), HttpUtil.urlEncode(value, false)));
    String separator = "";
    for (Map.Entry<String, String> parameter : encoded.entrySet()) {
      canonical.append(separator).append(parameter.getKey());
      if (!parameter.getValue().isEmpty()) {
        canonical.append('=').append(parameter.getValue());
      }
      separator = "&";
    }
  }

  private static String sha256(String text) {
    try {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
