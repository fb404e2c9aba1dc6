// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Random bytes, the same in every run, thought of as a ring. Its length is prime, so that no two
 * blocks of a power of two of one object are alike. Made once, shared by all synthetic objects,
 * small enough to stay in the processor's cache.
 */
final class RandomRing {
  /** The largest prime below 8 MiB. */
  static final int LENGTH = 8_388_593;

  /** Bytes that can be had in one stretch from any offset on. */
  static final int STRETCH = 1 << 20;

  private static final ByteBuffer BYTES = generate();

  private RandomRing() {}

  /** At most {@link #STRETCH} bytes from an offset below {@link #LENGTH} on; read-only. */
  static ByteBuffer stretch(int offset, int length) {
    return BYTES.slice(offset, length);
  }

  /** Where the ring of a seed begins. */
  static int start(long seed) {
    return (int) Long.remainderUnsigned(mixed(seed), LENGTH);
  }

  private static ByteBuffer generate() {
    // Rounded up so that whole longs fill it.
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(LENGTH + STRETCH + Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < LENGTH; i += Long.BYTES) {
      bytes.putLong(i, mixed(i));
    }
    bytes.put(LENGTH, bytes, 0, STRETCH);
    return bytes.asReadOnlyBuffer();
  }

  /** SplitMix64's step: spreads a number over 64 bits. */
  private static long mixed(long number) {
    long z = (number + 1) * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
