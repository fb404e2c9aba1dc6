// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import io.sluicefs.spi.transport.RangeChecksum;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/** The CRCs of 32 bits that stores compare bodies with, by the processor. Thread-safe. */
public final class Crc32 implements RangeChecksum {
  /** CRC-32C. */
  public static final Crc32 CASTAGNOLI = new Crc32("CRC-32C", 0x82F63B78, CRC32C::new);

  /** CRC-32, that of zip. */
  public static final Crc32 ZIP = new Crc32("CRC-32", 0xEDB88320, CRC32::new);

  private static final long MAX_BUFFER = 1 << 30;

  private final String title;

  /** The lowest power is the highest bit. */
  private final int polynomial;

  private final Supplier<Checksum> engine;

  private Crc32(String title, int polynomial, Supplier<Checksum> engine) {
    this.title = title;
    this.polynomial = polynomial;
    this.engine = engine;
  }

  @Override
  public String title() {
    return title;
  }

  @Override
  public long of(MemorySegment bytes) {
    Checksum running = engine.get();
    for (long at = 0; at < bytes.byteSize(); at += MAX_BUFFER) {
      long length = Math.min(MAX_BUFFER, bytes.byteSize() - at);
      running.update(bytes.asSlice(at, length).asByteBuffer());
    }
    return running.getValue();
  }

  @Override
  public long combine(long first, long second, long secondLength) {
    // CRCs are remainders of polynomials: the first run is shifted by the length of the second.
    int shift = 1 << 31;
    int power = shift >>> 8;
    for (long left = secondLength; left > 0; left >>>= 1) {
      if ((left & 1) != 0) {
        shift = multiply(power, shift);
      }
      power = multiply(power, power);
    }
    return Integer.toUnsignedLong(multiply(shift, (int) first)) ^ second;
  }

  /** Multiplies two polynomials, the highest bit the lowest power, modulo the CRC's own. */
  private int multiply(int a, int b) {
    int product = 0;
    int shifted = b;
    for (int bit = 1 << 31; bit != 0; bit >>>= 1) {
      if ((a & bit) != 0) {
        product ^= shifted;
      }
      shifted = (shifted & 1) != 0 ? (shifted >>> 1) ^ polynomial : shifted >>> 1;
    }
    return product;
  }
}
