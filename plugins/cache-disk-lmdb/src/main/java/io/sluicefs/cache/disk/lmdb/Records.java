// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Records of the index end with a checksum of their key and themselves. */
final class Records {
  private Records() {}

  /** Puts the checksum into the last four bytes of a record filled up to them. */
  static byte[] seal(byte[] key, ByteBuffer record) {
    byte[] bytes = new byte[record.capacity()];
    record.get(0, bytes);
    ByteBuffer.wrap(bytes).putInt(record.position(), checksum(key, bytes));
    return bytes;
  }

  /** Returns what is in a record; null if it is damaged. */
  static @Nullable ByteBuffer open(byte[] key, byte[] value) {
    if (value.length < Integer.BYTES) {
      return null;
    }
    int content = value.length - Integer.BYTES;
    return ByteBuffer.wrap(value).getInt(content) == checksum(key, value)
        ? ByteBuffer.wrap(value, 0, content)
        : null;
  }

  private static int checksum(byte[] key, byte[] value) {
    CRC32C crc = new CRC32C();
    crc.update(key);
    crc.update(value, 0, value.length - Integer.BYTES);
    return (int) crc.getValue();
  }
}
