// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.MemoryBudget.Use;
import io.sluicefs.spi.MemoryReservation;
import io.sluicefs.spi.cache.BlockLease;
import io.sluicefs.spi.cache.ObjectBlocks;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.cache.PatternLoader;
import io.sluicefs.spi.testkit.cache.PatternObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MemoryCacheSlabsTest {
  private static final int BLOCK = 128 << 10;
  private static final long CAPACITY = 64L << 20;
  private static final Duration LONG = Duration.ofHours(1);
  private static final Duration SHORT = Duration.ofMillis(1);

  private final LeakCheckedMemory memory = new LeakCheckedMemory(CAPACITY);
  private final PatternLoader loader =
      new PatternLoader(new PatternObject("model", CAPACITY), BLOCK);

  @AfterEach
  void nothingIsReserved() {
    memory.close();
  }

  @Test
  void neighboursComeInOneRequestIntoOneBuffer() throws Exception {
    try (MemoryBlockCache cache = cache(Retention.WHILE_OPEN, LONG);
        ObjectBlocks blocks =
            cache.attach(
                loader.object().id(),
                CAPACITY,
                (range, target, progress) -> {
                  assertEquals(1, target.length);
                  loader.load(range, target, progress);
                })) {
      read(blocks, 3, 5);
      assertEquals(32, blocks.prefetch(8, 32));
    }
    assertEquals(
        List.of(ByteRange.of(3L * BLOCK, 5L * BLOCK), ByteRange.of(8L * BLOCK, 32L * BLOCK)),
        loader.ranges());
  }

  @Test
  void memoryIsReservedBySlabsAndNeverBeyondTheCapacity() throws Exception {
    try (MemoryBlockCache cache = cache(Retention.WHILE_OPEN, LONG);
        ObjectBlocks blocks = attach(cache)) {
      assertEquals(0, memory.reserved());
      read(blocks, 0, 1);
      assertEquals(8L << 20, memory.reserved());
      assertEquals(CAPACITY / BLOCK, blocks.prefetch(0, (int) (CAPACITY / BLOCK)));
      assertEquals(CAPACITY, memory.reserved());
    }
  }

  @Test
  void linuxIsAskedForHugePages() throws Exception {
    assumeTrue(Files.exists(Path.of("/sys/kernel/mm/transparent_hugepage")));
    try (MemoryBlockCache cache = cache(Retention.WHILE_OPEN, LONG);
        ObjectBlocks blocks = attach(cache);
        BlockLease lease = blocks.acquire(40, 1)) {
      assertTrue(flagsOfMapping(lease.segment().address()).contains("hg"));
    }
  }

  /** Returns what Linux notes of the mapping an address is in; the names are of proc(5). */
  private static List<String> flagsOfMapping(long address) throws IOException {
    boolean isInIt = false;
    for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
      Matcher start = Pattern.compile("([0-9a-f]+)-([0-9a-f]+) .*").matcher(line);
      if (start.matches()) {
        isInIt =
            Long.parseUnsignedLong(start.group(1), 16) <= address
                && address < Long.parseUnsignedLong(start.group(2), 16);
      } else if (isInIt && line.startsWith("VmFlags:")) {
        return List.of(line.split(" +", -1));
      }
    }
    throw new AssertionError("nothing is mapped there");
  }

  @Test
  void whoNeedsMemoryElsewhereGetsAllThatIsNotLeased() throws Exception {
    try (MemoryBlockCache cache = cache(Retention.WHILE_OPEN, LONG);
        ObjectBlocks blocks = attach(cache)) {
      assertEquals(CAPACITY / BLOCK, blocks.prefetch(0, (int) (CAPACITY / BLOCK)));
      try (BlockLease lease = blocks.acquire(7, 1)) {
        try (MemoryReservation all = memory.tryReserve(CAPACITY, Use.READ);
            MemoryReservation most = memory.tryReserve(CAPACITY - (8 << 20), Use.READ)) {
          assertNull(all);
          assertNotNull(most);
        }
        loader.object().check(7L * BLOCK, lease.segment());
      }
      try (MemoryReservation all = memory.tryReserve(CAPACITY, Use.READ)) {
        assertNotNull(all);
      }
    }
  }

  @Test
  void aReadIsServedFromWhatOthersLeaveOfTheBudget() throws Exception {
    try (MemoryBlockCache cache = cache(Retention.WHILE_OPEN, LONG);
        ObjectBlocks blocks = attach(cache);
        MemoryReservation other = memory.reserve(CAPACITY - BLOCK, Use.WRITE)) {
      assertEquals(CAPACITY - BLOCK, other.bytes());
      for (int index = 0; index < 10; index++) {
        try (BlockLease lease = blocks.acquire(index, 4)) {
          loader.object().check((long) index * BLOCK, lease.segment());
        }
      }
    }
  }

  @Test
  void blocksGoWithTheLastAttachmentAndTheirMemoryAWhileLater() throws Exception {
    try (MemoryBlockCache cache = cache(Retention.WHILE_OPEN, SHORT)) {
      try (ObjectBlocks blocks = attach(cache)) {
        read(blocks, 0, 100);
      }
      assertEquals(0, cache.stats().usedBytes());
      assertEquals(99L * BLOCK, cache.stats().unreadBytes());
      assertEquals(0, cache.stats().evictedBytes());
      await(() -> memory.reserved() == 0);
    }
  }

  @Test
  void blocksStayUntilTheirMemoryIsNeeded() throws Exception {
    try (MemoryBlockCache cache = cache(Retention.LRU, SHORT)) {
      openAndRead(cache);
      openAndRead(cache);
      assertEquals(100L * BLOCK, loader.bytes());
      try (MemoryReservation all = memory.tryReserve(CAPACITY, Use.READ)) {
        assertNotNull(all);
      }
      assertEquals(0, cache.stats().usedBytes());
      openAndRead(cache);
      assertEquals(200L * BLOCK, loader.bytes());
    }
  }

  @Test
  void blocksStayForATime() throws Exception {
    try (MemoryBlockCache cache = cache(Retention.parse("10m"), LONG)) {
      openAndRead(cache);
      openAndRead(cache);
      assertEquals(100L * BLOCK, loader.bytes());
    }
    try (MemoryBlockCache cache = cache(Retention.parse("5ms"), LONG)) {
      openAndRead(cache);
      await(() -> cache.stats().usedBytes() == 0);
      openAndRead(cache);
      assertEquals(300L * BLOCK, loader.bytes());
    }
  }

  private void openAndRead(MemoryBlockCache cache) throws Exception {
    try (ObjectBlocks blocks = attach(cache)) {
      read(blocks, 0, 100);
    }
  }

  private static void read(ObjectBlocks blocks, int index, int count) throws Exception {
    try (BlockLease lease = blocks.acquire(index, count)) {
      assertEquals(BLOCK, lease.segment().byteSize());
    }
  }

  @MustBeClosed
  private MemoryBlockCache cache(Retention retention, Duration idleSlabs) {
    return new MemoryBlockCache(
        new MemoryCacheConfig(BLOCK, CAPACITY, retention, idleSlabs), memory);
  }

  @MustBeClosed
  private ObjectBlocks attach(MemoryBlockCache cache) {
    return cache.attach(loader.object().id(), CAPACITY, loader);
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "never");
      Thread.onSpinWait();
    }
  }
}
