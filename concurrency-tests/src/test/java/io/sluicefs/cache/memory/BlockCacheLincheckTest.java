// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.sluicefs.spi.MemoryBudget.Use;
import io.sluicefs.spi.MemoryReservation;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.BlockLease;
import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.cache.ObjectBlocks;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import java.nio.ByteBuffer;
import java.util.Map;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;

/**
 * Blocks are attached, read, read ahead and taken away at one time: what is read is what was
 * loaded. Under load and not in chosen orders: the checker does not see memory outside the heap.
 */
@Param(name = "block", gen = IntGen.class, conf = "0:5")
public class BlockCacheLincheckTest {
  private static final int ITERATIONS = Integer.getInteger("sluice.lincheck-iterations", 5);
  private static final int INVOCATIONS = Integer.getInteger("sluice.lincheck-invocations", 300);
  private static final int BLOCK = 64 << 10;
  private static final int BLOCKS = 6;
  private static final ObjectId OBJECT = new ObjectId("a", "v1");

  /** Every byte of a block is its index. */
  private static final BlockLoader LOADER =
      (range, target, progress) -> {
        long at = range.start();
        for (ByteBuffer buffer : target) {
          while (buffer.hasRemaining()) {
            buffer.put((byte) (at++ / BLOCK));
          }
        }
        progress.filled(range.length());
      };

  private final LeakCheckedMemory memory = new LeakCheckedMemory(5L * BLOCK);
  private final BlockCache cache;

  @SuppressWarnings("MustBeClosedChecker") // one for each run, of a few pages
  public BlockCacheLincheckTest() throws Exception {
    MemoryBlockCacheProvider provider = new MemoryBlockCacheProvider();
    Map<String, String> settings =
        Map.of("block-size", "64KiB", "capacity", 4 * BLOCK + "b", "retention", "lru");
    cache = provider.open(TestContext.of(provider, settings, memory));
  }

  @Operation
  public boolean read(@Param(name = "block") int index) throws StorageException {
    try (ObjectBlocks blocks = cache.attach(OBJECT, (long) BLOCKS * BLOCK, LOADER);
        BlockLease lease = blocks.acquire(index, 1)) {
      return lease.segment().get(JAVA_BYTE, 0) == index
          && lease.segment().get(JAVA_BYTE, BLOCK - 1) == index;
    }
  }

  @Operation
  public boolean readIfPresent(@Param(name = "block") int index) {
    try (ObjectBlocks blocks = cache.attach(OBJECT, (long) BLOCKS * BLOCK, LOADER);
        BlockLease lease = blocks.get(index)) {
      return lease == null || lease.segment().get(JAVA_BYTE, 0) == index;
    }
  }

  @Operation
  public boolean readAhead(@Param(name = "block") int index) throws StorageException {
    try (ObjectBlocks blocks = cache.attach(OBJECT, (long) BLOCKS * BLOCK, LOADER)) {
      blocks.prefetch(index, 2);
      return true;
    }
  }

  /** A writer wants memory, which the cache gives back or not. */
  @Operation
  public boolean takeMemory() {
    try (MemoryReservation taken = memory.tryReserve(3L * BLOCK, Use.WRITE)) {
      return taken == null || taken.bytes() == 3L * BLOCK;
    }
  }

  @Test
  void whateverHappensAtOnceBlocksAreWhatWasLoaded() {
    new StressOptions()
        .iterations(ITERATIONS)
        .invocationsPerIteration(INVOCATIONS)
        .threads(3)
        .actorsPerThread(3)
        .check(BlockCacheLincheckTest.class);
  }
}
