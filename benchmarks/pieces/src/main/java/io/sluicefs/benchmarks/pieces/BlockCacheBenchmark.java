// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.pieces;

import io.sluicefs.cache.memory.MemoryBlockCacheProvider;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.BlockLease;
import io.sluicefs.spi.cache.ObjectBlocks;
import java.nio.ByteBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Finding a block that is cached, pinning and unpinning it. */
@State(Scope.Benchmark)
@SuppressWarnings({"NullAway.Init", "MustBeClosedChecker"}) // from set-up to tear-down
public class BlockCacheBenchmark extends Piece {
  private static final int BLOCKS = 64;

  private BlockCache cache;
  private ObjectBlocks blocks;

  /** Where the next block of a thread is. */
  @State(Scope.Thread)
  public static class Position {
    private int block;
  }

  /** Fills the cache. */
  @Setup
  public void open() throws Exception {
    MemoryBlockCacheProvider provider = new MemoryBlockCacheProvider();
    cache = provider.open(PieceContext.of(provider));
    long size = (long) BLOCKS * cache.blockSize();
    blocks =
        cache.attach(
            new ObjectId("object", "etag"),
            size,
            (range, target, progress) -> {
              for (ByteBuffer buffer : target) {
                buffer.position(buffer.limit());
              }
              progress.filled(range.length());
            });
    for (int block = 0; block < BLOCKS; block++) {
      blocks.acquire(block, 1).close();
    }
  }

  /** Pins one block after the other. */
  @Benchmark
  public long lease(Position position) {
    position.block = (position.block + 1) % BLOCKS;
    try (BlockLease lease = blocks.get(position.block)) {
      if (lease == null) {
        throw new IllegalStateException("block " + position.block + " is gone");
      }
      return lease.segment().address();
    }
  }

  /** Gives everything back. */
  @TearDown
  public void close() {
    blocks.close();
    cache.close();
  }
}
