// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.Checksum;

/** A running 64-bit CRC, sixteen bytes a step. */
public final class Crc64 implements Checksum {
  private static final VarHandle LONGS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final Variant variant;
  private long register = -1;

  /** A polynomial, with its tables. */
  @SuppressWarnings(
      "ImmutableEnumChecker") // the tables are filled by the constructor and never written again
  public enum Variant {
    /** CRC-64/XZ, which OSS calls crc64ecma. */
    XZ(0xC96C5795D7870F42L),
    /** CRC-64/NVME, which S3 calls CRC64NVME. */
    NVME(0x9A6C9329AC4BC9B5L);

    private final long[][] tables = new long[16][256];
    private final CrcAlgebra algebra;

    Variant(long polynomial) {
      algebra = new CrcAlgebra(64, polynomial);
      for (int value = 0; value < 256; value++) {
        long crc = value;
        for (int bit = 0; bit < 8; bit++) {
          crc = (crc & 1) != 0 ? (crc >>> 1) ^ polynomial : crc >>> 1;
        }
        tables[0][value] = crc;
      }
      for (int table = 1; table < tables.length; table++) {
        for (int value = 0; value < 256; value++) {
          long previous = tables[table - 1][value];
          tables[table][value] = (previous >>> 8) ^ tables[0][(int) (previous & 255)];
        }
      }
    }

    public CrcAlgebra algebra() {
      return algebra;
    }
  }

  public Crc64(Variant variant) {
    this.variant = variant;
  }

  @Override
  public void update(ByteBuffer source) {
    long[][] t = variant.tables;
    long crc = register;
    int position = source.position();
    int limit = source.limit();
    for (; position + 16 <= limit; position += 16) {
      long a = (long) LONGS.get(source, position) ^ crc;
      long b = (long) LONGS.get(source, position + 8);
      crc =
          t[15][(int) (a & 255)]
              ^ t[14][(int) (a >>> 8 & 255)]
              ^ t[13][(int) (a >>> 16 & 255)]
              ^ t[12][(int) (a >>> 24 & 255)]
              ^ t[11][(int) (a >>> 32 & 255)]
              ^ t[10][(int) (a >>> 40 & 255)]
              ^ t[9][(int) (a >>> 48 & 255)]
              ^ t[8][(int) (a >>> 56)]
              ^ t[7][(int) (b & 255)]
              ^ t[6][(int) (b >>> 8 & 255)]
              ^ t[5][(int) (b >>> 16 & 255)]
              ^ t[4][(int) (b >>> 24 & 255)]
              ^ t[3][(int) (b >>> 32 & 255)]
              ^ t[2][(int) (b >>> 40 & 255)]
              ^ t[1][(int) (b >>> 48 & 255)]
              ^ t[0][(int) (b >>> 56)];
    }
    for (; position < limit; position++) {
      crc = (crc >>> 8) ^ t[0][(int) ((crc ^ source.get(position)) & 255)];
    }
    register = crc;
    source.position(limit);
  }

  @Override
  public void update(byte[] bytes, int offset, int length) {
    update(ByteBuffer.wrap(bytes, offset, length));
  }

  @Override
  public void update(int value) {
    register = (register >>> 8) ^ variant.tables[0][(int) ((register ^ value) & 255)];
  }

  /** The CRC of what was given so far, as an unsigned 64-bit number. */
  @Override
  public long getValue() {
    return ~register;
  }

  @Override
  public void reset() {
    register = -1;
  }
}
