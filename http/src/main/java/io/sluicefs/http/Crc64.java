// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import io.sluicefs.spi.transport.RangeChecksum;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** The CRCs of 64 bits that stores compare bodies with. Thread-safe. */
public abstract sealed class Crc64 implements RangeChecksum {
  /** CRC-64/XZ, which OSS calls crc64ecma. */
  public static final Crc64 XZ = new Xz();

  /** CRC-64/NVME, which S3 calls CRC64NVME. */
  public static final Crc64 NVME = new Nvme();

  private static final long ONE = 1L << 63;

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** From here on three runs at once are faster, what joins them included. */
  private static final long LANES_FROM = 24 << 10;

  private final long polynomial;

  /** Entry i: what {@code 1 << i} more bytes multiply by. */
  private final long[] powers;

  /**
   * Creates the CRC of a polynomial.
   *
   * @param polynomial the lowest power is the highest bit
   */
  private Crc64(long polynomial) {
    this.polynomial = polynomial;
    powers = powers();
  }

  @Override
  public long of(MemorySegment bytes) {
    return update(0, bytes);
  }

  /** Returns the CRC of a body. */
  public long of(UploadBody body) {
    long crc = 0;
    for (MemorySegment segment : body.segments()) {
      crc = update(crc, segment);
    }
    return crc;
  }

  /**
   * Returns the CRC of what {@code crc} is of, followed by {@code bytes}; that of nothing is 0.
   *
   * <p>The bytes may be anywhere in memory.
   */
  public long update(long crc, MemorySegment bytes) {
    return updateByTables(crc, bytes);
  }

  /**
   * Each eight bytes wait for what the eight before them made: three runs at once keep the
   * processor busy, and tables for eight bytes leave room for data in its first cache. That is
   * faster than sixteen bytes at a time, and than four runs.
   */
  final long updateByTables(long crc, MemorySegment bytes) {
    long register = ~crc;
    long size = bytes.byteSize();
    long at = 0;
    if (size >= LANES_FROM) {
      long lane = size / 3 & -Long.BYTES;
      long second = 0;
      long third = 0;
      for (; at < lane; at += Long.BYTES) {
        long one = bytes.get(LONG, at);
        long two = bytes.get(LONG, at + lane);
        long three = bytes.get(LONG, at + 2 * lane);
        register = step(register ^ one);
        second = step(second ^ two);
        third = step(third ^ three);
      }
      long shift = shift(lane);
      register = multiply(shift, multiply(shift, register) ^ second) ^ third;
      at = 3 * lane;
    }
    for (; at + Long.BYTES <= size; at += Long.BYTES) {
      register = step(register ^ bytes.get(LONG, at));
    }
    for (; at < size; at++) {
      byte value = bytes.get(ValueLayout.JAVA_BYTE, at);
      register = (register >>> 8) ^ entry((int) ((register ^ value) & 255));
    }
    return ~register;
  }

  /** Returns what the register becomes with eight bytes that are exclusively ored with it. */
  abstract long step(long word);

  /** Returns what one byte makes of an empty register. */
  abstract long entry(int value);

  /**
   * That the tables are constants to the compiler spares it to compare every index with their
   * length, which is two fifths of the time.
   */
  private static final class Xz extends Crc64 {
    private static final long POLYNOMIAL = 0xC96C5795D7870F42L;
    private static final long[] TABLES = tables(POLYNOMIAL);

    /** Bytes from which on it is worth to have looked for the library. */
    private static final long LIBRARY_FROM = 64 << 10;

    Xz() {
      super(POLYNOMIAL);
    }

    @Override
    public String title() {
      return "CRC-64/XZ";
    }

    @Override
    public long update(long crc, MemorySegment bytes) {
      if (bytes.byteSize() < LIBRARY_FROM || !bytes.isNative()) {
        return updateByTables(crc, bytes);
      }
      LzmaCrc64 library = Library.FOUND;
      return library == null ? updateByTables(crc, bytes) : library.update(crc, bytes);
    }

    /** What is looked for when it is first wanted. */
    private static final class Library {
      static final @Nullable LzmaCrc64 FOUND = LzmaCrc64.find(XZ::updateByTables);
    }

    @Override
    long step(long word) {
      return lookUp(TABLES, word);
    }

    @Override
    long entry(int value) {
      return TABLES[value];
    }
  }

  private static final class Nvme extends Crc64 {
    private static final long POLYNOMIAL = 0x9A6C9329AC4BC9B5L;
    private static final long[] TABLES = tables(POLYNOMIAL);

    Nvme() {
      super(POLYNOMIAL);
    }

    @Override
    public String title() {
      return "CRC-64/NVME";
    }

    @Override
    long step(long word) {
      return lookUp(TABLES, word);
    }

    @Override
    long entry(int value) {
      return TABLES[value];
    }
  }

  /** In pairs: one after the other, each exclusive or would wait for the one before. */
  private static long lookUp(long[] tables, long word) {
    return ((tables[7 * 256 + (int) (word & 255)] ^ tables[6 * 256 + (int) (word >>> 8 & 255)])
            ^ (tables[5 * 256 + (int) (word >>> 16 & 255)]
                ^ tables[4 * 256 + (int) (word >>> 24 & 255)]))
        ^ ((tables[3 * 256 + (int) (word >>> 32 & 255)]
                ^ tables[2 * 256 + (int) (word >>> 40 & 255)])
            ^ (tables[1 * 256 + (int) (word >>> 48 & 255)] ^ tables[(int) (word >>> 56)]));
  }

  @Override
  public long combine(long first, long second, long secondLength) {
    return multiply(shift(secondLength), first) ^ second;
  }

  /** Returns what a run of bytes is multiplied by when so many more follow. */
  private long shift(long bytes) {
    long product = ONE;
    int power = 0;
    for (long left = bytes; left != 0; left >>>= 1) {
      if ((left & 1) != 0) {
        product = multiply(powers[power], product);
      }
      power++;
    }
    return product;
  }

  private long multiply(long a, long b) {
    long product = 0;
    long factor = b;
    for (int bit = 63; bit >= 0; bit--) {
      product ^= factor & -((a >>> bit) & 1);
      factor = (factor >>> 1) ^ (polynomial & -(factor & 1));
    }
    return product;
  }

  /** Entry {@code 256 * i + b}: what byte {@code b} makes when {@code i} more bytes follow. */
  private static long[] tables(long polynomial) {
    long[] tables = new long[8 * 256];
    for (int value = 0; value < 256; value++) {
      long crc = value;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc >>> 1) ^ (polynomial & -(crc & 1));
      }
      tables[value] = crc;
    }
    for (int i = 256; i < tables.length; i++) {
      long before = tables[i - 256];
      tables[i] = (before >>> 8) ^ tables[(int) (before & 255)];
    }
    return tables;
  }

  private long[] powers() {
    long[] powers = new long[Long.SIZE];
    powers[0] = ONE >>> 8;
    for (int i = 1; i < powers.length; i++) {
      powers[i] = multiply(powers[i - 1], powers[i - 1]);
    }
    return powers;
  }
}
