// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What the index knows of a region.
 *
 * @param generation how often regions had been begun anew when this one was
 * @param written bytes from its start that are taken
 * @param kept bytes of the blocks in it
 * @param isProtected whether it was hit since it was filled
 * @param lastUse on the clock of all regions
 */
record RegionRecord(long generation, int written, int kept, boolean isProtected, long lastUse) {
  private static final int BYTES = 8 + 4 + 4 + 1 + 8;

  byte[] value(int region) {
    return Records.seal(
        key(region),
        ByteBuffer.allocate(BYTES + Integer.BYTES)
            .putLong(generation)
            .putInt(written)
            .putInt(kept)
            .put((byte) (isProtected ? 1 : 0))
            .putLong(lastUse));
  }

  RegionRecord lessKept(int bytes) {
    return new RegionRecord(generation, written, kept - bytes, isProtected, lastUse);
  }

  static byte[] key(int region) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(region).array();
  }

  static int regionOf(byte[] key) {
    return ByteBuffer.wrap(key).getInt();
  }

  /** Returns the region a record stands for; null if it is damaged. */
  static @Nullable RegionRecord of(byte[] key, byte[] value) {
    ByteBuffer in = Records.open(key, value);
    if (in == null || in.remaining() != BYTES) {
      return null;
    }
    return new RegionRecord(in.getLong(), in.getInt(), in.getInt(), in.get() != 0, in.getLong());
  }
}
