// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Keyed hashes of the signatures. */
public final class Hmac {
  private Hmac() {}

  public static byte[] sha256(byte[] key, String text) {
    return hash("HmacSHA256", key, text);
  }

  public static byte[] sha1(byte[] key, String text) {
    return hash("HmacSHA1", key, text);
  }

  private static byte[] hash(String algorithm, byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance(algorithm);
      mac.init(new SecretKeySpec(key, algorithm));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no " + algorithm, e);
    }
  }
}
