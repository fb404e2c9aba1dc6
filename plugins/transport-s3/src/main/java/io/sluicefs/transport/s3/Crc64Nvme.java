// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.Checksum;

/** CRC-64/NVME, sixteen bytes a step. Not thread-safe. */
final class Crc64Nvme implements Checksum {
  /** The lowest power is the highest bit. */
  static final long POLYNOMIAL = 0x9A6C9329AC4BC9B5L;

  private static final VarHandle LONGS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** Entry {@code 256 * i + b}: what byte {@code b} makes when {@code i} more bytes follow. */
  private static final long[] TABLES = tables();

  private long register = -1;

  private static long[] tables() {
    long[] tables = new long[16 * 256];
    for (int value = 0; value < 256; value++) {
      long crc = value;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) != 0 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
      }
      tables[value] = crc;
    }
    for (int i = 256; i < tables.length; i++) {
      long before = tables[i - 256];
      tables[i] = (before >>> 8) ^ tables[(int) (before & 255)];
    }
    return tables;
  }

  @Override
  public void update(ByteBuffer source) {
    long[] t = TABLES;
    long crc = register;
    int position = source.position();
    int limit = source.limit();
    for (; position + 16 <= limit; position += 16) {
      long a = (long) LONGS.get(source, position) ^ crc;
      long b = (long) LONGS.get(source, position + 8);
      crc =
          t[15 * 256 + (int) (a & 255)]
              ^ t[14 * 256 + (int) (a >>> 8 & 255)]
              ^ t[13 * 256 + (int) (a >>> 16 & 255)]
              ^ t[12 * 256 + (int) (a >>> 24 & 255)]
              ^ t[11 * 256 + (int) (a >>> 32 & 255)]
              ^ t[10 * 256 + (int) (a >>> 40 & 255)]
              ^ t[9 * 256 + (int) (a >>> 48 & 255)]
              ^ t[8 * 256 + (int) (a >>> 56)]
              ^ t[7 * 256 + (int) (b & 255)]
              ^ t[6 * 256 + (int) (b >>> 8 & 255)]
              ^ t[5 * 256 + (int) (b >>> 16 & 255)]
              ^ t[4 * 256 + (int) (b >>> 24 & 255)]
              ^ t[3 * 256 + (int) (b >>> 32 & 255)]
              ^ t[2 * 256 + (int) (b >>> 40 & 255)]
              ^ t[256 + (int) (b >>> 48 & 255)]
              ^ t[(int) (b >>> 56)];
    }
    for (; position < limit; position++) {
      crc = (crc >>> 8) ^ t[(int) ((crc ^ source.get(position)) & 255)];
    }
    source.position(limit);
    register = crc;
  }

  @Override
  public void update(int value) {
    register = (register >>> 8) ^ TABLES[(int) ((register ^ value) & 255)];
  }

  @Override
  public void update(byte[] bytes, int offset, int length) {
    update(ByteBuffer.wrap(bytes, offset, length));
  }

  @Override
  public long getValue() {
    return ~register;
  }

  @Override
  public void reset() {
    register = -1;
  }
}
