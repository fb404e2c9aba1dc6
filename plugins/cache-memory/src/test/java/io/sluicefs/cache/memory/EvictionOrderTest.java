// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.cache.BlockLease;
import io.sluicefs.spi.cache.ObjectBlocks;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.cache.PatternLoader;
import io.sluicefs.spi.testkit.cache.PatternObject;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EvictionOrderTest {
  private static final int BLOCK = 64 << 10;
  private static final int CAPACITY = 128;

  private final LeakCheckedMemory memory = new LeakCheckedMemory(2L * CAPACITY * BLOCK);

  @SuppressWarnings("MustBeClosedChecker") // closed after each test
  private final MemoryBlockCache cache =
      new MemoryBlockCache(
          new MemoryCacheConfig(
              BLOCK, (long) CAPACITY * BLOCK, Retention.WHILE_OPEN, Duration.ofSeconds(10)),
          memory);

  @AfterEach
  void close() {
    cache.close();
    memory.close();
  }

  @Test
  void whatAllReadersPassedGoesFirstTheOldestFirst() throws Exception {
    PatternLoader loader = loader("a", 3 * CAPACITY);
    try (ObjectBlocks reader = attach(loader)) {
      read(reader, 0, CAPACITY);
      assertEquals(10, reader.prefetch(CAPACITY, 10));
      assertEquals(0, present(reader, 0, 10));
      assertEquals(CAPACITY, present(reader, 10, CAPACITY + 10));
    }
  }

  @Test
  void aSlowReaderFindsBlocksOfAFastOneThoughItIsFurtherBehindThanTheCacheIsLarge()
      throws Exception {
    int lag = 2 * CAPACITY;
    int length = 8 * CAPACITY;
    PatternLoader loader = loader("a", length);
    try (ObjectBlocks fast = attach(loader);
        ObjectBlocks slow = attach(loader)) {
      read(slow, 0, 1);
      read(fast, 0, lag);
      for (int i = 1; i < length; i++) {
        read(slow, i, i + 1);
        if (lag + i < length) {
          read(fast, lag + i, lag + i + 1);
        }
      }
    }
    long again = loader.bytes() / BLOCK - length;
    assertTrue(again < length * 2 / 3, () -> again + " of " + length + " blocks were loaded twice");
  }

  @Test
  void readAheadGoesForAReadOnlyAndTheLatestFirst() throws Exception {
    PatternLoader loader = loader("a", 3 * CAPACITY);
    try (ObjectBlocks reader = attach(loader)) {
      assertEquals(CAPACITY, reader.prefetch(0, 2 * CAPACITY));
      assertEquals(0, reader.prefetch(CAPACITY, 1));
      read(reader, 2 * CAPACITY, 2 * CAPACITY + 1);
      assertEquals(CAPACITY - 1, present(reader, 0, CAPACITY - 1));
      assertEquals(0, present(reader, CAPACITY - 1, CAPACITY));
    }
    assertEquals(BLOCK, cache.stats().unreadBytes());
  }

  @Test
  void readAheadForNothingDoesNotStayForever() throws Exception {
    PatternLoader forgotten = loader("forgotten", CAPACITY);
    PatternLoader loader = loader("a", 4 * CAPACITY);
    try (ObjectBlocks idle = attach(forgotten);
        ObjectBlocks behind = attach(loader);
        ObjectBlocks reader = attach(loader)) {
      read(behind, 0, 1);
      assertEquals(CAPACITY / 2, idle.prefetch(0, CAPACITY / 2));
      for (int at = 0; at < 4 * CAPACITY; at += 8) {
        assertTrue(reader.prefetch(at, 8) > 0);
        read(reader, at, at + 8);
      }
      assertEquals(0, present(idle, 0, CAPACITY / 2));
    }
  }

  @Test
  void whatAReaderFromTheMiddlePassedStaysForTheOneFromTheStart() throws Exception {
    int half = CAPACITY - CAPACITY / 8;
    PatternLoader loader = loader("a", 2 * half);
    try (ObjectBlocks start = attach(loader);
        ObjectBlocks middle = attach(loader)) {
      for (int i = 0; i < half; i++) {
        read(middle, half + i, half + i + 1);
        read(start, i, i + 1);
      }
      read(start, half, 2 * half);
    }
    long again = loader.bytes() / BLOCK - 2L * half;
    assertTrue(again <= 4, () -> again + " of " + 2 * half + " blocks were loaded twice");
  }

  @Test
  void readAheadOfAThreadStaysThoughAnotherOfItsHandleReadsFurtherOn() throws Exception {
    PatternLoader loader = loader("a", 16 * CAPACITY);
    try (ObjectBlocks shared = attach(loader)) {
      read(shared, 0, 1);
      assertEquals(16, shared.prefetch(1, 16));
      read(shared, 8 * CAPACITY, 8 * CAPACITY + 7 * CAPACITY / 8);
      read(shared, 4 * CAPACITY, 4 * CAPACITY + 6);
      assertEquals(16, present(shared, 1, 17));
    }
  }

  @Test
  void aBlockThatIsTouchedAgainAndAgainStays() throws Exception {
    PatternLoader header = loader("header", 1);
    PatternLoader loader = loader("a", 8 * CAPACITY);
    try (ObjectBlocks often = attach(header);
        ObjectBlocks reader = attach(loader)) {
      for (int at = 0; at < 8 * CAPACITY; at++) {
        read(reader, at, at + 1);
        if (at % 32 == 0) {
          read(often, 0, 1);
        }
      }
    }
    assertEquals(BLOCK, header.bytes());
  }

  private static PatternLoader loader(String key, int blocks) {
    return new PatternLoader(new PatternObject(key, (long) blocks * BLOCK), BLOCK);
  }

  @MustBeClosed
  private ObjectBlocks attach(PatternLoader loader) {
    return cache.attach(loader.object().id(), loader.object().size(), loader);
  }

  private static void read(ObjectBlocks blocks, int from, int to) throws Exception {
    for (int index = from; index < to; index++) {
      try (BlockLease lease = blocks.acquire(index, 1)) {
        assertEquals(BLOCK, lease.segment().byteSize());
      }
    }
  }

  /** Returns how many of the blocks are there; looks like a read. */
  private static int present(ObjectBlocks blocks, int from, int to) {
    int present = 0;
    for (int index = from; index < to; index++) {
      try (BlockLease lease = blocks.get(index)) {
        present += lease == null ? 0 : 1;
      }
    }
    return present;
  }
}
