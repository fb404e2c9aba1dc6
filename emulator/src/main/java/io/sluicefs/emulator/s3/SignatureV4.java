// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import io.sluicefs.emulator.Identity;
import io.sluicefs.emulator.Identity.AccessKey;
import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.http.Hmac;
import io.sluicefs.emulator.http.PercentCoding;
import io.sluicefs.emulator.http.RequestHead;
import io.sluicefs.emulator.store.Digests;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Checks AWS Signature Version 4, in the header and in the query. */
final class SignatureV4 {
  private static final String ALGORITHM = "AWS4-HMAC-SHA256";
  private static final Duration SKEW = Duration.ofMinutes(15);
  private static final Duration LONGEST = Duration.ofDays(7);
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'");

  private final Identity identity;
  private final boolean required;
  private final String region;
  private final Supplier<Instant> clock;

  SignatureV4(Identity identity, boolean required, String region, Supplier<Instant> clock) {
    this.identity = identity;
    this.required = required;
    this.region = region;
    this.clock = clock;
  }

  /**
   * What a checked signature says about the body.
   *
   * @param hash the value of x-amz-content-sha256
   * @param chunks what chunk signatures are checked with; null when the request is not signed
   */
  record Verified(String hash, @Nullable ChunkSignatures chunks) {}

  /** The parts of a signature, from the header or from the query. */
  private record Claim(
      String credential,
      String signedHeaders,
      String signature,
      String time,
      @Nullable Long expires,
      String hash) {
    String[] scope() {
      String[] scope = credential.split("/", -1);
      if (scope.length < 5) {
        throw malformed(
            "The Credential is malformed; expecting"
                + " \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
      }
      return scope;
    }
  }

  Verified verify(RequestHead head) {
    Claim claim = claim(head);
    if (claim == null) {
      if (required) {
        throw new StoreException(403, "AccessDenied", "Access Denied.");
      }
      return new Verified(head.header("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), null);
    }
    String[] scope = claim.scope();
    AccessKey known = identity.key();
    if (!scope[0].equals(known.id())) {
      throw new StoreException(
          403,
          "InvalidAccessKeyId",
          "The AWS Access Key Id you provided does not exist in our records.");
    }
    if (!scope[2].equals(region)) {
      throw malformed("The region '" + scope[2] + "' is wrong; expecting '" + region + "'");
    }
    checkTime(claim);
    String scopeText = String.join("/", scope[1], scope[2], scope[3], scope[4]);
    String toSign =
        ALGORITHM
            + "\n"
            + claim.time()
            + "\n"
            + scopeText
            + "\n"
            + Digests.sha256Hex(canonical(head, claim).getBytes(StandardCharsets.UTF_8));
    byte[] key = ("AWS4" + known.secret()).getBytes(StandardCharsets.UTF_8);
    for (int i = 1; i < 5; i++) {
      key = Hmac.sha256(key, scope[i]);
    }
    String expected = HexFormat.of().formatHex(Hmac.sha256(key, toSign));
    if (!MessageDigest.isEqual(
        expected.getBytes(StandardCharsets.UTF_8),
        claim.signature().getBytes(StandardCharsets.UTF_8))) {
      throw new StoreException(
          403,
          "SignatureDoesNotMatch",
          "The request signature we calculated does not match the signature you provided. Check"
              + " your key and signing method.");
    }
    return new Verified(claim.hash(), new ChunkSignatures(key, claim.time(), scopeText, expected));
  }

  private static @Nullable Claim claim(RequestHead head) {
    String header = head.header("authorization");
    if (header != null) {
      if (!header.startsWith(ALGORITHM + " ")) {
        throw new StoreException(
            400,
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. Please use"
                + " AWS4-HMAC-SHA256.");
      }
      Map<String, String> fields = new HashMap<>();
      for (String field : header.substring(ALGORITHM.length() + 1).split(",", -1)) {
        int equals = field.indexOf('=');
        if (equals > 0) {
          fields.put(field.substring(0, equals).trim(), field.substring(equals + 1).trim());
        }
      }
      return new Claim(
          fields.getOrDefault("Credential", ""),
          fields.getOrDefault("SignedHeaders", ""),
          fields.getOrDefault("Signature", ""),
          head.header("x-amz-date", ""),
          null,
          head.header("x-amz-content-sha256", "UNSIGNED-PAYLOAD"));
    }
    if (!head.has("X-Amz-Signature")) {
      return null;
    }
    try {
      return new Claim(
          head.parameter("X-Amz-Credential", ""),
          head.parameter("X-Amz-SignedHeaders", ""),
          head.parameter("X-Amz-Signature", ""),
          head.parameter("X-Amz-Date", ""),
          Long.parseLong(head.parameter("X-Amz-Expires", "")),
          head.parameter(
              "X-Amz-Content-Sha256", head.header("x-amz-content-sha256", "UNSIGNED-PAYLOAD")));
    } catch (NumberFormatException e) {
      throw new StoreException(
          400, "AuthorizationQueryParametersError", "X-Amz-Expires should be a number");
    }
  }

  private void checkTime(Claim claim) {
    Instant signed;
    try {
      signed = LocalDateTime.parse(claim.time(), TIME).toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      throw new StoreException(
          403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header");
    }
    Instant now = clock.get();
    Long expires = claim.expires();
    if (expires != null) {
      if (expires < 1 || expires > LONGEST.toSeconds()) {
        throw new StoreException(
            400,
            "AuthorizationQueryParametersError",
            "X-Amz-Expires must be less than a week (in seconds)");
      }
      if (now.isAfter(signed.plusSeconds(expires)) || signed.isAfter(now.plus(SKEW))) {
        throw new StoreException(403, "AccessDenied", "Request has expired");
      }
    } else if (Duration.between(signed, now).abs().compareTo(SKEW) > 0) {
      throw new StoreException(
          403,
          "RequestTimeTooSkewed",
          "The difference between the request time and the current time is too large.");
    }
  }

  private static String canonical(RequestHead head, Claim claim) {
    TreeMap<String, String> query = new TreeMap<>();
    head.query()
        .forEach(
            (name, value) -> {
              if (!name.equals("X-Amz-Signature")) {
                query.put(PercentCoding.encode(name), PercentCoding.encode(value));
              }
            });
    StringBuilder text = new StringBuilder(head.method()).append('\n');
    text.append(PercentCoding.encodePath(PercentCoding.decode(head.rawPath()))).append('\n');
    String separator = "";
    for (Map.Entry<String, String> parameter : query.entrySet()) {
      text.append(separator).append(parameter.getKey()).append('=').append(parameter.getValue());
      separator = "&";
    }
    text.append('\n');
    for (String name : claim.signedHeaders().split(";", -1)) {
      text.append(name).append(':');
      String comma = "";
      for (String value : head.headers().getAll(name)) {
        text.append(comma).append(RequestHead.text(value).trim().replaceAll(" +", " "));
        comma = ",";
      }
      text.append('\n');
    }
    return text.append('\n')
        .append(claim.signedHeaders())
        .append('\n')
        .append(claim.hash())
        .toString();
  }

  private static StoreException malformed(String why) {
    return new StoreException(
        400, "AuthorizationHeaderMalformed", "The authorization header is malformed; " + why);
  }
}
