// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import java.nio.file.Path;
import java.util.List;

/**
 * What the configuration says of this cache.
 *
 * @param path its directory
 * @param maxSize most bytes in the directory
 * @param freeSpaceFloor bytes of the disk left to others
 * @param blockSize bytes of a block, a power of two
 * @param fillMemory memory for what is on its way to the disk
 */
record LmdbCacheConfig(
    Path path, long maxSize, long freeSpaceFloor, int blockSize, long fillMemory) {
  private static final Setting<Long> SIZE = Setting.size("size", "Bytes.");
  private static final int SMALLEST_BLOCK = 64 << 10;
  private static final int LARGEST_BLOCK = 16 << 20;
  private static final int FILL_MEMORY_SHARE = 8;
  private static final long MOST_FILL_MEMORY = 64L << 20;
  private static final int FEWEST_BLOCKS_IN_MEMORY = 4;

  /** Share of the directory that the index may take; and as much again one that was set aside. */
  private static final int INDEX_SHARE = 256;

  private static final long SMALLEST_INDEX = 1L << 20;

  /** What the files besides the index and the blocks may take. */
  private static final long OTHER_FILES = 64 << 10;

  private static final int MOST_REGIONS = 512;
  private static final long LARGEST_REGION = 64L << 20;
  private static final long EXTENT_BYTES = 2L << 20;
  private static final int FEWEST_BLOCKS_OF_REGION = 2;
  private static final int FEWEST_REGIONS = 4;

  static final Setting<Path> PATH =
      Setting.path(
              "path",
              "Directory of this cache and of nothing else, on a local disk; made if need be, for"
                  + " this user alone.")
          .required();

  static final Setting<Long> MAX_SIZE =
      Setting.size("max-size", "4MiB", "Most bytes in the directory, the index included.")
          .withDefault("100GiB");

  static final Setting<Long> FREE_SPACE_FLOOR =
      Setting.size(
              "free-space-floor",
              "Bytes of the disk left to others; the cache shrinks when there is less.")
          .withDefault("1GiB");

  static final Setting<Integer> BLOCK_SIZE =
      Setting.of(
              "block-size",
              "a power of two from 64KiB to 16MiB",
              "Bytes of a block, the unit of keeping and checking; best that of cache.memory, and"
                  + " fixed once the directory is made.",
              LmdbCacheConfig::parseBlockSize)
          .withDefault("128KiB");

  static final Setting<Long> FILL_MEMORY =
      Setting.size(
          "fill-memory",
          "Memory for what is on its way to the disk; what does not fit is not kept. An eighth of"
              + " the memory for data when not given, at most 64MiB.");

  static final List<Setting<?>> SETTINGS =
      List.of(PATH, MAX_SIZE, FREE_SPACE_FLOOR, BLOCK_SIZE, FILL_MEMORY);

  static LmdbCacheConfig of(PluginSettings settings, long memoryLimit) throws SettingException {
    int blockSize = settings.get(BLOCK_SIZE);
    long fillMemory =
        settings
            .find(FILL_MEMORY)
            .orElse(
                Math.max(
                    (long) FEWEST_BLOCKS_IN_MEMORY * blockSize,
                    Math.min(MOST_FILL_MEMORY, memoryLimit / FILL_MEMORY_SHARE)));
    if (fillMemory < (long) FEWEST_BLOCKS_IN_MEMORY * blockSize) {
      throw settings.error(
          FILL_MEMORY,
          "%d bytes hold fewer than %d blocks of %d bytes; raise it or lower block-size"
              .formatted(fillMemory, FEWEST_BLOCKS_IN_MEMORY, blockSize));
    }
    if (fillMemory > memoryLimit / 2) {
      throw settings.error(
          FILL_MEMORY,
          "%d bytes are more than half of the %d bytes that memory.limit leaves for data; lower it or block-size, or raise memory.limit"
              .formatted(fillMemory, memoryLimit));
    }
    LmdbCacheConfig config =
        new LmdbCacheConfig(
            settings.get(PATH),
            settings.get(MAX_SIZE),
            settings.get(FREE_SPACE_FLOOR),
            blockSize,
            NativeBuffer.padded(fillMemory));
    if (config.regionCount(config.regionSize()) < FEWEST_REGIONS) {
      throw settings.error(
          MAX_SIZE,
          "%d bytes hold too few blocks of %d bytes; raise it or lower block-size"
              .formatted(config.maxSize, blockSize));
    }
    return config;
  }

  /** Returns the most bytes of the index's file. */
  long indexSize() {
    return NativeBuffer.padded(Math.max(SMALLEST_INDEX, maxSize / INDEX_SHARE));
  }

  /** Returns the bytes the blocks may take. */
  private long blocksSize() {
    return maxSize - 2 * indexSize() - OTHER_FILES;
  }

  /** Returns the bytes of a region in a directory that is made now. */
  int regionSize() {
    long size =
        Math.min(LARGEST_REGION, Long.highestOneBit(Math.max(1, blocksSize() / MOST_REGIONS)));
    return (int) Math.max(size, FEWEST_BLOCKS_OF_REGION * (long) blockSize);
  }

  int regionCount(int regionSize) {
    return (int) Math.max(0, blocksSize() / regionSize);
  }

  /** Returns how many blocks are filled at once at most. */
  int extentBlocks(int regionSize) {
    long bytes = Math.min(EXTENT_BYTES, Math.min(regionSize, fillMemory / FEWEST_BLOCKS_IN_MEMORY));
    return Math.clamp(bytes / blockSize, 1, Extent.MOST_BLOCKS);
  }

  private static int parseBlockSize(String text) {
    long size = SIZE.parse(text);
    if (size < SMALLEST_BLOCK || size > LARGEST_BLOCK || Long.bitCount(size) != 1) {
      throw new IllegalArgumentException("not a block size");
    }
    return (int) size;
  }
}
