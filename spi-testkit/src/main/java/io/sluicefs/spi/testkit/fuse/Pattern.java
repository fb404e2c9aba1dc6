// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Bytes by function: the 8 bytes at offset {@code 8 * n}, little-endian, are a mix of a seed and
 * {@code n}. A byte in the wrong place is a wrong byte.
 */
public final class Pattern {
  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Pattern() {}

  /** Fills {@code to} with what stands from {@code offset}. */
  public static void fill(long seed, long offset, MemorySegment to) {
    long length = to.byteSize();
    long i = 0;
    while (i < length && (offset + i) % 8 != 0) {
      to.set(JAVA_BYTE, i, at(seed, offset + i));
      i++;
    }
    for (; i + 8 <= length; i += 8) {
      to.set(WORD, i, word(seed, (offset + i) / 8));
    }
    for (; i < length; i++) {
      to.set(JAVA_BYTE, i, at(seed, offset + i));
    }
  }

  /** Returns {@code length} bytes from {@code offset}. */
  public static byte[] bytes(long seed, long offset, int length) {
    byte[] bytes = new byte[length];
    fill(seed, offset, MemorySegment.ofArray(bytes));
    return bytes;
  }

  private static byte at(long seed, long offset) {
    return (byte) (word(seed, offset / 8) >>> (8 * (offset % 8)));
  }

  private static long word(long seed, long index) {
    long mixed = (index + seed * 0x9E3779B97F4A7C15L) * 0xBF58476D1CE4E5B9L;
    return mixed ^ (mixed >>> 29);
  }
}
