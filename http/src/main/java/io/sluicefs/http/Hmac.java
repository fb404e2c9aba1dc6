// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/** Message authentication codes as stores ask for them (RFC 2104), by the runtime's own code. */
final class Hmac {
  private Hmac() {}

  /** Returns the code of a message, and leaves nothing of the key behind. */
  static byte[] of(String algorithm, byte[] key, byte[] message) {
    try {
      Mac mac = keyed(algorithm, key);
      byte[] code = mac.doFinal(message);
      // What it keeps of the key would be garbage with the key in it.
      mac.init(new BorrowedKey(algorithm, new byte[1]));
      return code;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns what makes codes with a key. */
  static Mac keyed(String algorithm, byte[] key) throws GeneralSecurityException {
    Mac mac = Mac.getInstance(algorithm);
    mac.init(new BorrowedKey(algorithm, key));
    return mac;
  }

  /** A key that is not copied to be kept, as the runtime's own class does. */
  private static final class BorrowedKey implements SecretKey {
    private static final long serialVersionUID = 1L;

    private final String algorithm;
    private final transient byte[] bytes;

    BorrowedKey(String algorithm, byte[] bytes) {
      this.algorithm = algorithm;
      this.bytes = bytes;
    }

    @Override
    public String getAlgorithm() {
      return algorithm;
    }

    @Override
    public String getFormat() {
      return "RAW";
    }

    /** Returns a copy, which who asks for it overwrites. */
    @Override
    public byte[] getEncoded() {
      return bytes.clone();
    }
  }
}
