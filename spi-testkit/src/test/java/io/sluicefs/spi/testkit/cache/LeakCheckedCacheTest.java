// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.BlockLease;
import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.cache.CacheStats;
import io.sluicefs.spi.cache.ObjectBlocks;
import io.sluicefs.spi.testkit.Decorators;
import io.sluicefs.spi.transport.ReadProgress;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

@SuppressWarnings("MustBeClosedChecker") // forgetting to close is what is tested
class LeakCheckedCacheTest {
  private static final ObjectId ID = new ObjectId("model", "1");
  private static final BlockLoader NOTHING = (range, target, progress) -> {};

  private final LeakCheckedCache cache = new LeakCheckedCache(new EmptyCache());

  @Test
  void everyMethodOfTheContractIsChecked() {
    Decorators.checkOverridesAll(BlockCache.class, LeakCheckedCache.class);
    Decorators.checkOverridesAll(ObjectBlocks.class, LeakCheckedBlocks.class);
  }

  @Test
  void aForgottenLeaseAndAForgottenAttachmentFailTheCloseWithTheirStacks() throws Exception {
    cache.attach(ID, 1, NOTHING).acquire(0, 1);

    AssertionError leak = assertThrows(AssertionError.class, cache::close);

    assertEquals(2, leak.getSuppressed().length);
    assertTrue(
        Arrays.stream(leak.getSuppressed())
            .allMatch(
                where ->
                    Arrays.stream(where.getStackTrace())
                        .anyMatch(frame -> frame.getMethodName().startsWith("aForgotten"))));
  }

  @Test
  void useAfterCloseFailsThenAndAtTheEnd() throws Exception {
    ObjectBlocks blocks = cache.attach(ID, 1, NOTHING);
    BlockLease lease = blocks.acquire(0, 1);
    lease.close();
    blocks.close();

    assertThrows(AssertionError.class, lease::close);
    assertThrows(AssertionError.class, lease::segment);
    assertThrows(AssertionError.class, () -> blocks.get(0));
    assertEquals(3, assertThrows(AssertionError.class, cache::close).getSuppressed().length);
  }

  @Test
  void whatIsClosedOnceIsFine() throws Exception {
    try (ObjectBlocks blocks = cache.attach(ID, 1, NOTHING);
        BlockLease lease = blocks.acquire(0, 1)) {
      assertEquals(0, lease.segment().byteSize());
      assertNull(blocks.get(0));
    }
    cache.close();
    cache.close();
  }

  /** Has nothing and gives leases of no bytes. */
  private static final class EmptyCache implements BlockCache {
    @Override
    public int blockSize() {
      return 1;
    }

    @Override
    public ObjectBlocks attach(ObjectId id, long size, BlockLoader loader) {
      return new EmptyBlocks();
    }

    @Override
    public CacheStats stats() {
      return new CacheStats(0, 0, 0, 0, 0, 0, 0, 0);
    }

    @Override
    public void close() {}
  }

  private static final class EmptyBlocks implements ObjectBlocks {
    @Override
    public @Nullable BlockLease get(long index) {
      return null;
    }

    @Override
    public BlockLease acquire(long index, int count) {
      return new BlockLease() {
        @Override
        public MemorySegment segment() {
          return MemorySegment.NULL;
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public int prefetch(long index, int count) {
      return 0;
    }

    @Override
    public void load(ByteRange range, ByteBuffer[] target, ReadProgress progress) {}

    @Override
    public void close() {}
  }
}
