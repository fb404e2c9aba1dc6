// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * Bytes that a seed and a length say all about, so that they need not be sent to who writes them.
 * They repeat after a prime number of bytes, so that no two pages are alike.
 */
record Pattern(int seed, int length) {
  private static final int PERIOD = 4099;

  byte[] bytes() {
    byte[] period = period();
    byte[] bytes = new byte[length];
    for (int at = 0; at < length; at += PERIOD) {
      System.arraycopy(period, 0, bytes, at, Math.min(PERIOD, length - at));
    }
    return bytes;
  }

  private byte[] period() {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
    ByteBuffer bytes = ByteBuffer.allocate(PERIOD + digest.getDigestLength());
    for (int i = 0; bytes.position() < PERIOD; i++) {
      bytes.put(digest.digest((seed + "/" + i).getBytes(StandardCharsets.US_ASCII)));
    }
    return Arrays.copyOf(bytes.array(), PERIOD);
  }
}
