// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Neighbouring blocks of one object, one behind the other in one region: what is filled at once and
 * what the index has one record for.
 */
final class Extent {
  /** For each there is a bit that says whether it is bad. */
  static final int MOST_BLOCKS = Long.SIZE;

  private static final int FIXED_BYTES = 4 + 8 + 4 + 8;
  private static final int CHECKSUM_BYTES = 4;

  private final long object;
  private final int start;
  private final int region;
  private final long generation;
  private final int offset;
  private final long dead;
  private final int[] checksums;

  /**
   * Creates an extent.
   *
   * @param object number of the object
   * @param start the first block
   * @param region where they are
   * @param generation of that region; when it has moved on, the blocks are gone
   * @param offset of the first block in the region
   * @param dead bit i is set when block {@code start + i} turned out bad
   * @param checksums CRC-32C of each block; the extent's from now on
   */
  Extent(
      long object, int start, int region, long generation, int offset, long dead, int[] checksums) {
    this.object = object;
    this.start = start;
    this.region = region;
    this.generation = generation;
    this.offset = offset;
    this.dead = dead;
    this.checksums = checksums;
  }

  long object() {
    return object;
  }

  int start() {
    return start;
  }

  int region() {
    return region;
  }

  long generation() {
    return generation;
  }

  int offset() {
    return offset;
  }

  /** Returns the checksum of a block it has. */
  int checksum(int block) {
    return checksums[block - start];
  }

  int count() {
    return checksums.length;
  }

  boolean has(int block) {
    int index = block - start;
    return index >= 0 && index < checksums.length && (dead >>> index & 1) == 0;
  }

  Extent without(int block) {
    return new Extent(
        object, start, region, generation, offset, dead | 1L << (block - start), checksums);
  }

  /** Returns what is left of it without its first blocks. */
  Extent from(int blocks, int blockSize) {
    return new Extent(
        object,
        start + blocks,
        region,
        generation,
        offset + blocks * blockSize,
        dead >>> blocks,
        Arrays.copyOfRange(checksums, blocks, checksums.length));
  }

  boolean isDead() {
    return Long.bitCount(dead) == checksums.length;
  }

  /** Returns the key of the index: in the order of objects, then blocks. */
  byte[] key() {
    return key(object, start);
  }

  static byte[] key(long object, int start) {
    return ByteBuffer.allocate(Long.BYTES + Integer.BYTES).putLong(object).putInt(start).array();
  }

  static long objectOf(byte[] key) {
    return ByteBuffer.wrap(key).getLong();
  }

  static int startOf(byte[] key) {
    return ByteBuffer.wrap(key).getInt(Long.BYTES);
  }

  /** Returns the record: its own checksum covers the key, so that it is of no other block. */
  byte[] value() {
    ByteBuffer value =
        ByteBuffer.allocate(FIXED_BYTES + checksums.length * Integer.BYTES + CHECKSUM_BYTES)
            .putInt(region)
            .putLong(generation)
            .putInt(offset)
            .putLong(dead);
    for (int checksum : checksums) {
      value.putInt(checksum);
    }
    return Records.seal(key(), value);
  }

  /** Returns the extent a record stands for; null if it is damaged. */
  static @Nullable Extent of(byte[] key, byte[] value) {
    ByteBuffer in = Records.open(key, value);
    if (in == null
        || key.length != Long.BYTES + Integer.BYTES
        || in.remaining() <= FIXED_BYTES
        || (in.remaining() - FIXED_BYTES) % Integer.BYTES != 0
        || in.remaining() > FIXED_BYTES + MOST_BLOCKS * Integer.BYTES) {
      return null;
    }
    int region = in.getInt();
    long generation = in.getLong();
    int offset = in.getInt();
    long dead = in.getLong();
    int[] checksums = new int[in.remaining() / Integer.BYTES];
    for (int i = 0; i < checksums.length; i++) {
      checksums[i] = in.getInt();
    }
    return new Extent(objectOf(key), startOf(key), region, generation, offset, dead, checksums);
  }

  /** Returns the checksum of a block's bytes, which are native memory. */
  static int checksum(MemorySegment bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.asByteBuffer());
    return (int) crc.getValue();
  }
}
