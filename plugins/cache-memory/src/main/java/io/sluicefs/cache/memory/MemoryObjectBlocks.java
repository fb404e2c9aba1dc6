// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.cache.BlockLease;
import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.cache.ObjectBlocks;
import io.sluicefs.spi.transport.ReadProgress;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One attachment to an object: a reader with positions. */
final class MemoryObjectBlocks implements ObjectBlocks {
  private final MemoryBlockCache cache;
  private final CachedObject object;
  private final BlockLoader loader;
  private final AtomicBoolean closed = new AtomicBoolean();

  private final Positions positions = new Positions();

  MemoryObjectBlocks(MemoryBlockCache cache, CachedObject object, BlockLoader loader) {
    this.cache = cache;
    this.object = object;
    this.loader = loader;
  }

  Positions positions() {
    return positions;
  }

  @Override
  @MustBeClosed
  public @Nullable BlockLease get(long index) {
    checkOpen();
    Objects.checkIndex(index, object.blockCount());
    Block block = object.table().get(index);
    if (block == null || !block.pinIfFilled()) {
      return null;
    }
    cache.countHit();
    return handOut(block);
  }

  @Override
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // what get returns is returned
  public BlockLease acquire(long index, int count) throws StorageException {
    BlockLease there = get(index);
    if (there != null) {
      return there;
    }
    checkCount(count);
    while (true) {
      MemoryBlockCache.Claim claim = cache.claim(object, index, count);
      Block block = claim.block();
      boolean handedOut = false;
      try {
        Flight flight = claim.flight();
        if (flight == null ? await(block) : load(flight, block)) {
          if (flight == null) {
            cache.countHit();
          }
          handedOut = true;
          return handOut(block);
        }
      } finally {
        if (!handedOut) {
          block.close();
        }
      }
    }
  }

  /** Waits for a block somebody else loads; returns false if that was cancelled. */
  private boolean await(Block block) throws StorageException {
    try {
      if (block.await() == Block.State.FILLED) {
        return true;
      }
    } catch (InterruptedException e) {
      throw cancelled(block.index(), e);
    }
    StorageException failure = Objects.requireNonNull(block.failure());
    if (failure.kind() == Kind.CANCELLED) {
      return false;
    }
    throw new StorageException(failure.kind(), String.valueOf(failure.getMessage()), failure);
  }

  /** Loads; the caller's block counts, whatever becomes of the others in the request. */
  private boolean load(Flight flight, Block block) throws StorageException {
    try {
      flight.run(loader);
    } catch (StorageException e) {
      if (block.state() != Block.State.FILLED) {
        throw e;
      }
    }
    return true;
  }

  @Override
  public int prefetch(long index, int count) throws StorageException {
    checkOpen();
    Objects.checkIndex(index, object.blockCount());
    checkCount(count);
    long end = Math.min(object.blockCount(), index + count);
    long next = index;
    while (next < end) {
      if (Thread.currentThread().isInterrupted()) {
        throw cancelled(next, null);
      }
      while (next < end && object.table().get(next) != null) {
        next++;
      }
      if (next == end) {
        break;
      }
      Flight flight = cache.claimAhead(object, next, (int) (end - next));
      if (flight == null) {
        if (object.table().get(next) == null) {
          break;
        }
      } else {
        flight.run(loader);
        next = flight.endIndex();
      }
    }
    return (int) (next - index);
  }

  @Override
  public BitSet present() {
    BitSet present = new BitSet();
    for (int index = 0; index < object.blockCount(); index++) {
      Block block = object.table().get(index);
      if (block != null && block.state() == Block.State.FILLED) {
        present.set(index);
      }
    }
    return present;
  }

  @Override
  public void load(ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    if (range.isEmpty() || range.end() > object.size()) {
      throw new IllegalArgumentException(
          "%s is not within the %d bytes of %s".formatted(range, object.size(), object.id()));
    }
    long blockSize = cache.blockSize();
    long last = (range.end() - 1) / blockSize;
    int buffer = 0;
    for (long at = range.start(); at < range.end(); ) {
      long index = at / blockSize;
      try (BlockLease lease = acquire(index, (int) Math.min(Integer.MAX_VALUE, last - index + 1))) {
        long from = at - index * blockSize;
        long to = Math.min(lease.segment().byteSize(), range.end() - index * blockSize);
        while (from < to) {
          while (!target[buffer].hasRemaining()) {
            buffer++;
          }
          int length = (int) Math.min(to - from, target[buffer].remaining());
          MemorySegment.ofBuffer(target[buffer]).copyFrom(lease.segment().asSlice(from, length));
          target[buffer].position(target[buffer].position() + length);
          from += length;
          at += length;
        }
      }
      progress.filled(at - range.start());
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      cache.detach(object, this);
    }
  }

  private Block handOut(Block block) {
    cache.order().touch(block, positions);
    return block;
  }

  private void checkOpen() {
    if (closed.get()) {
      throw new IllegalStateException("the blocks of " + object.id() + " are closed");
    }
  }

  private static void checkCount(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("a count of " + count + " blocks");
    }
  }

  private StorageException cancelled(long index, @Nullable InterruptedException e) {
    Thread.currentThread().interrupt();
    return MemoryBlockCache.cancelled(object, index, e);
  }
}
