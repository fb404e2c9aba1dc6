// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.oss;

import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.http.Address;
import io.sluicefs.emulator.http.Conditionals;
import io.sluicefs.emulator.http.RequestHead;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Finds out how a request is signed, V1 or V4, in the header or in the query, and has that checked.
 */
final class Signatures {
  private static final Duration SKEW = Duration.ofMinutes(15);

  private final String accessKeyId;
  private final boolean required;
  private final SignatureV1 v1;
  private final SignatureV4 v4;

  Signatures(String accessKeyId, String accessKeySecret, boolean required, String region) {
    this.accessKeyId = accessKeyId;
    this.required = required;
    this.v1 = new SignatureV1(accessKeySecret);
    this.v4 = new SignatureV4(accessKeySecret, region);
  }

  void verify(RequestHead head, Address address) {
    String header = head.header("authorization");
    if (header != null && header.startsWith("OSS ")) {
      int colon = header.indexOf(':');
      checkIdentity(colon < 0 ? "" : header.substring(4, colon).trim());
      String date = head.header("x-oss-date", head.header("date", ""));
      checkSkew(Conditionals.instant(date));
      check(
          header.substring(colon + 1).trim(), v1.signature(head, address, head.header("date", "")));
    } else if (header != null && header.startsWith(SignatureV4.ALGORITHM + " ")) {
      checkV4(head, address, SignatureV4.Claim.ofHeader(head, header));
    } else if (header != null) {
      throw new StoreException(400, "InvalidArgument", "Authorization header is invalid.");
    } else if (head.has("Signature") && head.has("OSSAccessKeyId")) {
      checkIdentity(head.parameter("OSSAccessKeyId", ""));
      String expires = head.parameter("Expires", "");
      checkExpiry(SignatureV4.seconds(expires));
      check(head.parameter("Signature", ""), v1.signature(head, address, expires));
    } else if (head.has("x-oss-signature")) {
      checkV4(head, address, SignatureV4.Claim.ofQuery(head));
    } else if (required) {
      throw new StoreException(403, "AccessDenied", "AccessDenied");
    }
  }

  private void checkV4(RequestHead head, Address address, SignatureV4.Claim claim) {
    checkIdentity(claim.accessKeyId());
    if (claim.lifetime() == null) {
      checkSkew(claim.signedAt());
    } else {
      checkExpiry(claim.signedAt().plusSeconds(claim.lifetime()).getEpochSecond());
    }
    check(claim.signature(), v4.signature(head, address, claim));
  }

  private void checkIdentity(String id) {
    if (!id.equals(accessKeyId)) {
      throw new StoreException(
          403,
          "InvalidAccessKeyId",
          "The OSS Access Key Id you provided does not exist in our records.");
    }
  }

  private static void checkSkew(@Nullable Instant signedAt) {
    if (signedAt == null) {
      throw new StoreException(403, "AccessDenied", "OSS authentication requires a valid Date.");
    }
    if (Duration.between(signedAt, Instant.now()).abs().compareTo(SKEW) > 0) {
      throw new StoreException(
          403,
          "RequestTimeTooSkewed",
          "The difference between the request time and the current time is too large.");
    }
  }

  private static void checkExpiry(long epochSecond) {
    if (Instant.now().getEpochSecond() > epochSecond) {
      throw new StoreException(403, "AccessDenied", "Request has expired.");
    }
  }

  private static void check(String given, String expected) {
    if (!MessageDigest.isEqual(
        given.getBytes(StandardCharsets.UTF_8), expected.getBytes(StandardCharsets.UTF_8))) {
      throw new StoreException(
          403,
          "SignatureDoesNotMatch",
          "The request signature we calculated does not match the signature you provided. Check your key and signing method.");
    }
  }
}
