// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import java.time.Duration;
import java.util.List;

/**
 * What the configuration says of this cache.
 *
 * @param blockSize bytes of a block, a power of two
 * @param capacity most bytes of blocks
 * @param retention how long blocks outlive the last attachment of their object
 * @param idleSlabs how long memory without blocks is kept before it is given back unasked
 */
record MemoryCacheConfig(int blockSize, long capacity, Retention retention, Duration idleSlabs) {
  private static final Setting<Long> SIZE = Setting.size("size", "Bytes.");
  private static final int SMALLEST_BLOCK = 64 << 10;
  private static final int LARGEST_BLOCK = 16 << 20;
  private static final int FEWEST_BLOCKS = 4;

  /** Long enough to go from one file of a model to the next without giving its memory back. */
  private static final Duration IDLE_SLABS = Duration.ofSeconds(10);

  static final Setting<Integer> BLOCK_SIZE =
      Setting.of(
              "block-size",
              "a power of two from 64KiB to 16MiB",
              "Bytes of a block, the unit of loading, keeping and evicting.",
              MemoryCacheConfig::parseBlockSize)
          .withDefault("128KiB");

  static final Setting<Long> CAPACITY =
      Setting.size(
          "capacity",
          "Most memory the blocks take; by default all that memory.limit leaves for data, of which"
              + " others get what they need by eviction.");

  static final Setting<Retention> RETENTION =
      Setting.of(
              "retention",
              "while-open, lru, or a time such as 10m",
              "How long blocks stay after the last file handle of their object is closed: not at"
                  + " all, until their memory is needed, or a time.",
              Retention::parse)
          .withDefault("while-open")
          .live();

  static final List<Setting<?>> SETTINGS = List.of(BLOCK_SIZE, CAPACITY, RETENTION);

  static MemoryCacheConfig of(PluginSettings settings, long memoryLimit) throws SettingException {
    int blockSize = settings.get(BLOCK_SIZE);
    long capacity = settings.find(CAPACITY).orElse(memoryLimit);
    if (capacity > memoryLimit) {
      throw settings.error(
          CAPACITY,
          "%d bytes exceed the %d bytes that memory.limit leaves for data; lower one or raise the other"
              .formatted(capacity, memoryLimit));
    }
    if (capacity < (long) FEWEST_BLOCKS * blockSize) {
      throw settings.error(
          CAPACITY,
          "%d bytes hold fewer than %d blocks of %d bytes; raise it, or memory.limit, or lower block-size"
              .formatted(capacity, FEWEST_BLOCKS, blockSize));
    }
    return new MemoryCacheConfig(
        blockSize, capacity - capacity % blockSize, settings.get(RETENTION), IDLE_SLABS);
  }

  private static int parseBlockSize(String text) {
    long size = SIZE.parse(text);
    if (size < SMALLEST_BLOCK || size > LARGEST_BLOCK || Long.bitCount(size) != 1) {
      throw new IllegalArgumentException("not a block size");
    }
    return (int) size;
  }
}
