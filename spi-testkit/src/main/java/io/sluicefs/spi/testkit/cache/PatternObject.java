// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.cache;

import io.sluicefs.spi.ObjectId;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * An object of any size whose bytes are a function of its id and their offset, so that every byte
 * of every copy can be checked without keeping one.
 *
 * @param id the version; another etag of the same key has other bytes
 * @param size in bytes
 */
public record PatternObject(ObjectId id, long size) {
  /** Creates the first version of an object. */
  public PatternObject(String key, long size) {
    this(new ObjectId(key, "1"), size);
  }

  /** Returns the byte at an offset. */
  public byte at(long offset) {
    return (byte) (word(offset >>> 3) >>> ((offset & 7) * 8));
  }

  /** Fills what remains of {@code target} with the bytes from {@code offset}. */
  public void fill(long offset, ByteBuffer target) {
    long at = offset;
    while (target.hasRemaining()) {
      if ((at & 7) == 0 && target.remaining() >= 8) {
        target.putLong(
            target.order() == ByteOrder.LITTLE_ENDIAN
                ? word(at >>> 3)
                : Long.reverseBytes(word(at >>> 3)));
        at += 8;
      } else {
        target.put(at(at));
        at++;
      }
    }
  }

  /**
   * Fails unless {@code bytes} are the object's from {@code offset}.
   *
   * @throws AssertionError naming the first byte that differs
   */
  public void check(long offset, MemorySegment bytes) {
    for (long i = 0; i < bytes.byteSize(); i++) {
      long at = offset + i;
      if ((at & 7) == 0 && bytes.byteSize() - i >= 8 && bytes.get(WORD, i) == word(at >>> 3)) {
        i += 7;
      } else if (bytes.get(ValueLayout.JAVA_BYTE, i) != at(at)) {
        throw new AssertionError(
            "%s: byte %d is %02x, not %02x"
                .formatted(id, at, bytes.get(ValueLayout.JAVA_BYTE, i), at(at)));
      }
    }
  }

  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** The finalizer of SplitMix64. */
  private long word(long index) {
    long z = (index + 31L * id.key().hashCode() + id.etag().hashCode()) * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
