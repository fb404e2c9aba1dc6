// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;

/**
 * Reads blocks from the slab file and compares them with their checksums. What is read for the
 * caller is checked while it is still in the processor's cache. Thread-safe.
 */
final class BlockReader implements AutoCloseable {
  private static final long STEP = 1L << 20;

  private final LinuxFile file;
  private final Regions regions;
  private final int blockSize;

  /** Memory for a run of blocks, and who hears how much of it is good. */
  static final class Target {
    private final TargetBytes bytes;
    private final long base;
    private final LongConsumer progress;
    private long good;

    /**
     * Creates a target.
     *
     * @param base where in {@code bytes} the run begins
     */
    Target(TargetBytes bytes, long base, LongConsumer progress) {
      this.bytes = bytes;
      this.base = base;
      this.progress = progress;
    }

    private void announce(long count) {
      if (count > good) {
        good = count;
        progress.accept(count);
      }
    }

    /** Returns how many blocks from {@code start} on were announced. */
    int goodBlocks(DiskObject object, int start) {
      int blocks = 0;
      while (start + blocks < object.blockCount()
          && object.bytes(start, start + blocks + 1) <= good) {
        blocks++;
      }
      return blocks;
    }
  }

  /** Creates a reader that takes the file over. */
  BlockReader(LinuxFile file, Regions regions, int blockSize) {
    this.file = file;
    this.regions = regions;
    this.blockSize = blockSize;
  }

  /**
   * Reads blocks of one extent.
   *
   * @return how many from {@code start} on are what was stored; all, or the next one is bad
   */
  int read(DiskObject object, Extent extent, int start, int end, Target target)
      throws DiskException {
    long origin =
        (long) extent.region() * regions.regionSize()
            + extent.offset()
            - (long) extent.start() * blockSize;
    int perStep = (int) Math.max(1, STEP / blockSize);
    for (int from = start; from < end; from += perStep) {
      int to = Math.min(end, from + perStep);
      long offset = origin + (long) from * blockSize;
      long at = target.base + object.bytes(start, from);
      for (MemorySegment slice : target.bytes.slices(at, at + object.bytes(from, to))) {
        file.read(offset, slice);
        offset += slice.byteSize();
      }
      for (int block = from; block < to; block++) {
        if (checksum(object, start, block, target) != extent.checksum(block)) {
          target.announce(object.bytes(start, block));
          return block - start;
        }
      }
      target.announce(object.bytes(start, to));
    }
    return end - start;
  }

  private static int checksum(DiskObject object, int start, int block, Target target) {
    CRC32C crc = new CRC32C();
    long at = target.base + object.bytes(start, block);
    for (MemorySegment slice : target.bytes.slices(at, at + object.blockLength(block))) {
      crc.update(slice.asByteBuffer());
    }
    return (int) crc.getValue();
  }

  @Override
  public void close() {
    file.close();
  }
}
