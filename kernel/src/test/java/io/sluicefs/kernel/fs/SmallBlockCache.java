// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.BlockLease;
import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.cache.CacheStats;
import io.sluicefs.spi.cache.ObjectBlocks;
import io.sluicefs.spi.transport.ReadProgress;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Blocks of 4 KiB that are kept while their object is attached; the tests count attachments. */
final class SmallBlockCache implements BlockCache {
  static final int BLOCK_SIZE = 4096;

  private final AtomicInteger attached = new AtomicInteger();

  int attached() {
    return attached.get();
  }

  @Override
  public int blockSize() {
    return BLOCK_SIZE;
  }

  @Override
  public ObjectBlocks attach(ObjectId id, long size, BlockLoader loader) {
    attached.incrementAndGet();
    return new Blocks(size, loader);
  }

  @Override
  public CacheStats stats() {
    return new CacheStats(0, 0, 0, 0, 0, 0, 0, Long.MAX_VALUE);
  }

  @Override
  public void close() {}

  private final class Blocks implements ObjectBlocks {
    private final long size;
    private final BlockLoader loader;
    private final Map<Long, MemorySegment> there = new HashMap<>();
    private boolean closed;

    Blocks(long size, BlockLoader loader) {
      this.size = size;
      this.loader = loader;
    }

    @Override
    public synchronized @Nullable BlockLease get(long index) {
      MemorySegment block = there.get(index);
      return block == null ? null : new Lease(block);
    }

    @Override
    public synchronized BlockLease acquire(long index, int count) throws StorageException {
      MemorySegment block = there.get(index);
      if (block == null) {
        long start = index * BLOCK_SIZE;
        long length = Math.min(BLOCK_SIZE, size - start);
        block = Arena.ofAuto().allocate(length);
        ByteBuffer[] target = {block.asByteBuffer()};
        loader.load(ByteRange.of(start, length), target, ReadProgress.NONE);
        block = block.asReadOnly();
        there.put(index, block);
      }
      return new Lease(block);
    }

    @Override
    public int prefetch(long index, int count) {
      return 0;
    }

    @Override
    public void load(ByteRange range, ByteBuffer[] target, ReadProgress progress)
        throws StorageException {
      loader.load(range, target, progress);
    }

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        attached.decrementAndGet();
      }
    }
  }

  private record Lease(MemorySegment segment) implements BlockLease {
    @Override
    public void close() {}
  }
}
