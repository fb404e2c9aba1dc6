// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

/**
 * Arithmetic on reflected CRCs of one polynomial: the CRC of a concatenation from the CRCs of its
 * pieces.
 */
public final class CrcAlgebra {
  /** CRC-32 as in zip. */
  public static final CrcAlgebra CRC32 = new CrcAlgebra(32, 0xEDB88320L);

  /** CRC-32C (Castagnoli). */
  public static final CrcAlgebra CRC32C = new CrcAlgebra(32, 0x82F63B78L);

  private final long one;
  private final long polynomial;

  /**
   * @param width bits of the CRC
   * @param polynomial bit-reversed, the highest power left out
   */
  CrcAlgebra(int width, long polynomial) {
    this.one = 1L << (width - 1);
    this.polynomial = polynomial;
  }

  /** The CRC of a followed by b. */
  public long combine(long crcA, long crcB, long lengthB) {
    return multiply(power(lengthB), crcA) ^ crcB;
  }

  /** The CRC of a content repeated. */
  long repeat(long crc, long length, long times) {
    long result = 0;
    long block = crc;
    long blockLength = length;
    for (long left = times; left > 0; left >>>= 1) {
      if ((left & 1) != 0) {
        result = combine(result, block, blockLength);
      }
      block = combine(block, block, blockLength);
      blockLength += blockLength;
    }
    return result;
  }

  /** x to the power of 8 times the bytes, modulo the polynomial. */
  private long power(long bytes) {
    long result = one;
    long base = one >>> 8;
    for (long left = bytes; left != 0; left >>>= 1) {
      if ((left & 1) != 0) {
        result = multiply(base, result);
      }
      base = multiply(base, base);
    }
    return result;
  }

  private long multiply(long a, long b) {
    long product = 0;
    long factor = b;
    for (long bit = one; bit != 0; bit >>>= 1) {
      if ((a & bit) != 0) {
        product ^= factor;
      }
      factor = (factor & 1) != 0 ? (factor >>> 1) ^ polynomial : factor >>> 1;
    }
    return product;
  }
}
