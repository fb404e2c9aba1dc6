// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.oss;

import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.http.Address;
import io.sluicefs.emulator.http.Hmac;
import io.sluicefs.emulator.http.PercentCoding;
import io.sluicefs.emulator.http.RequestHead;
import io.sluicefs.emulator.store.Digests;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** OSS signature version 4: an HMAC-SHA256 chain over a canonical form of the request. */
final class SignatureV4 {
  static final String ALGORITHM = "OSS4-HMAC-SHA256";

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'");

  private final String secret;
  private final String region;

  SignatureV4(String secret, String region) {
    this.secret = secret;
    this.region = region;
  }

  /**
   * What a signature says of itself.
   *
   * @param scope access key id, day, region, product, terminator
   * @param lifetime seconds an address is good for; null for a header
   */
  record Claim(
      List<String> scope,
      String additional,
      String time,
      @Nullable Long lifetime,
      String signature) {

    static Claim ofHeader(RequestHead head, String header) {
      Map<String, String> fields = new HashMap<>();
      for (String field : header.substring(ALGORITHM.length() + 1).split(",", -1)) {
        int equals = field.indexOf('=');
        if (equals > 0) {
          fields.put(field.substring(0, equals).trim(), field.substring(equals + 1).trim());
        }
      }
      return of(
          fields.getOrDefault("Credential", ""),
          fields.getOrDefault("AdditionalHeaders", ""),
          head.header("x-oss-date", ""),
          null,
          fields.getOrDefault("Signature", ""));
    }

    static Claim ofQuery(RequestHead head) {
      return of(
          head.parameter("x-oss-credential", ""),
          head.parameter("x-oss-additional-headers", ""),
          head.parameter("x-oss-date", ""),
          seconds(head.parameter("x-oss-expires", "")),
          head.parameter("x-oss-signature", ""));
    }

    private static Claim of(
        String credential,
        String additional,
        String time,
        @Nullable Long lifetime,
        String signature) {
      List<String> scope = List.of(credential.split("/", -1));
      if (scope.size() != 5) {
        throw new StoreException(400, "InvalidArgument", "Credential of the signature is invalid.");
      }
      return new Claim(scope, additional, time, lifetime, signature);
    }

    String accessKeyId() {
      return scope.getFirst();
    }

    Instant signedAt() {
      try {
        return LocalDateTime.parse(time, TIME).toInstant(ZoneOffset.UTC);
      } catch (DateTimeException e) {
        throw new StoreException(
            403, "AccessDenied", "OSS authentication requires a valid x-oss-date.");
      }
    }
  }

  static long seconds(String value) {
    try {
      return Long.parseLong(value);
    } catch (NumberFormatException e) {
      throw new StoreException(400, "InvalidArgument", "Expires of the signature is not a number.");
    }
  }

  /** The signature the request must carry. */
  String signature(RequestHead head, Address address, Claim claim) {
    if (!claim.scope().get(2).equals(region)) {
      throw new StoreException(
          400,
          "InvalidArgument",
          "Invalid signing region in Authorization header: "
              + claim.scope().get(2)
              + ", this is "
              + region
              + ".");
    }
    List<String> scope = claim.scope().subList(1, 5);
    String toSign =
        String.join(
            "\n",
            ALGORITHM,
            claim.time(),
            String.join("/", scope),
            Digests.sha256Hex(canonical(head, address, claim).getBytes(StandardCharsets.UTF_8)));
    byte[] key = ("aliyun_v4" + secret).getBytes(StandardCharsets.UTF_8);
    for (String step : scope) {
      key = Hmac.sha256(key, step);
    }
    return HexFormat.of().formatHex(Hmac.sha256(key, toSign));
  }

  private static String canonical(RequestHead head, Address address, Claim claim) {
    List<String> additional = List.of(claim.additional().toLowerCase(Locale.ROOT).split(";", -1));
    TreeMap<String, String> fields = new TreeMap<>();
    head.headers()
        .forEach(
            field -> {
              String name = field.getKey().toLowerCase(Locale.ROOT);
              if (name.startsWith("x-oss-")
                  || name.equals("content-type")
                  || name.equals("content-md5")
                  || additional.contains(name)) {
                fields.put(name, RequestHead.text(field.getValue()).trim());
              }
            });
    TreeMap<String, String> query = new TreeMap<>();
    head.query()
        .forEach(
            (name, value) -> query.put(PercentCoding.encode(name), PercentCoding.encode(value)));
    query.remove("x-oss-signature");
    StringBuilder text = new StringBuilder(head.method()).append("\n/");
    if (!address.bucket().isEmpty()) {
      text.append(address.bucket()).append('/').append(PercentCoding.encodePath(address.key()));
    }
    text.append('\n');
    String separator = "";
    for (Map.Entry<String, String> parameter : query.entrySet()) {
      text.append(separator).append(parameter.getKey());
      if (!parameter.getValue().isEmpty()) {
        text.append('=').append(parameter.getValue());
      }
      separator = "&";
    }
    text.append('\n');
    fields.forEach((name, value) -> text.append(name).append(':').append(value).append('\n'));
    text.append('\n').append(claim.additional()).append('\n');
    return text.append(head.header("x-oss-content-sha256", "UNSIGNED-PAYLOAD")).toString();
  }
}
