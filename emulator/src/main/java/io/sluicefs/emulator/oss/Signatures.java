// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.oss;

import io.sluicefs.emulator.Identity;
import io.sluicefs.emulator.Identity.AccessKey;
import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.http.Address;
import io.sluicefs.emulator.http.Conditionals;
import io.sluicefs.emulator.http.RequestHead;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds out how a request is signed, V1 or V4, in the header or in the query, and has that checked.
 */
final class Signatures {
  private static final Duration SKEW = Duration.ofMinutes(15);

  private final Identity identity;
  private final boolean required;
  private final Supplier<Instant> clock;
  private final String region;

  Signatures(Identity identity, boolean required, String region, Supplier<Instant> clock) {
    this.identity = identity;
    this.required = required;
    this.clock = clock;
    this.region = region;
  }

  void verify(RequestHead head, Address address) {
    AccessKey key = identity.key();
    String header = head.header("authorization");
    if (header != null && header.startsWith("OSS ")) {
      int colon = header.indexOf(':');
      checkIdentity(key, colon < 0 ? "" : header.substring(4, colon).trim());
      String date = head.header("x-oss-date", head.header("date", ""));
      checkSkew(Conditionals.instant(date));
      check(
          header.substring(colon + 1).trim(),
          new SignatureV1(key.secret()).signature(head, address, head.header("date", "")));
    } else if (header != null && header.startsWith(SignatureV4.ALGORITHM + " ")) {
      checkV4(key, head, address, SignatureV4.Claim.ofHeader(head, header));
    } else if (header != null) {
      throw new StoreException(400, "InvalidArgument", "Authorization header is invalid.");
    } else if (head.has("Signature") && head.has("OSSAccessKeyId")) {
      checkIdentity(key, head.parameter("OSSAccessKeyId", ""));
      String expires = head.parameter("Expires", "");
      checkExpiry(SignatureV4.seconds(expires));
      check(
          head.parameter("Signature", ""),
          new SignatureV1(key.secret()).signature(head, address, expires));
    } else if (head.has("x-oss-signature")) {
      checkV4(key, head, address, SignatureV4.Claim.ofQuery(head));
    } else if (required) {
      throw new StoreException(403, "AccessDenied", "AccessDenied");
    }
  }

  private void checkV4(AccessKey key, RequestHead head, Address address, SignatureV4.Claim claim) {
    checkIdentity(key, claim.accessKeyId());
    if (claim.lifetime() == null) {
      checkSkew(claim.signedAt());
    } else {
      checkExpiry(claim.signedAt().plusSeconds(claim.lifetime()).getEpochSecond());
    }
    check(claim.signature(), new SignatureV4(key.secret(), region).signature(head, address, claim));
  }

  private static void checkIdentity(AccessKey key, String id) {
    if (!id.equals(key.id())) {
      throw new StoreException(
          403,
          "InvalidAccessKeyId",
          "The OSS Access Key Id you provided does not exist in our records.");
    }
  }

  private void checkSkew(@Nullable Instant signedAt) {
    if (signedAt == null) {
      throw new StoreException(403, "AccessDenied", "OSS authentication requires a valid Date.");
    }
    if (Duration.between(signedAt, clock.get()).abs().compareTo(SKEW) > 0) {
      throw new StoreException(
          403,
          "RequestTimeTooSkewed",
          "The difference between the request time and the current time is too large.");
    }
  }

  private void checkExpiry(long epochSecond) {
    if (clock.get().getEpochSecond() > epochSecond) {
      throw new StoreException(403, "AccessDenied", "Request has expired.");
    }
  }

  private static void check(String given, String expected) {
    if (!MessageDigest.isEqual(
        given.getBytes(StandardCharsets.UTF_8), expected.getBytes(StandardCharsets.UTF_8))) {
      throw new StoreException(
          403,
          "SignatureDoesNotMatch",
          "The request signature we calculated does not match the signature you provided. Check"
              + " your key and signing method.");
    }
  }
}
