// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

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
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One reference to the blocks of an object. {@link #load} of whole blocks is what a cache above
 * asks: it is one load for each call, since that cache sees to it that nobody asks twice at a time.
 * Leases are for readers without such a cache.
 */
final class LmdbObjectBlocks implements ObjectBlocks {
  private final LmdbBlockCache cache;
  private final LeasedBlocks leased;
  private final DiskObject object;
  private final BlockLoader loader;
  private final AtomicBoolean closed = new AtomicBoolean();

  LmdbObjectBlocks(
      LmdbBlockCache cache, LeasedBlocks leased, DiskObject object, BlockLoader loader) {
    this.cache = cache;
    this.leased = leased;
    this.object = object;
    this.loader = loader;
  }

  /** {@inheritDoc} Of a block on the disk that takes a read of the disk. */
  @Override
  @MustBeClosed
  public @Nullable BlockLease get(long index) {
    checkOpen();
    int block = block(index);
    if (!leased.has(object, block) && cache.countKept(object, block, 1) == 0) {
      return null;
    }
    LeasedBlocks.Claim claim = leased.claimIfThere(object, block);
    if (claim == null) {
      return null;
    }
    LeasedBlocks.Flight flight = claim.flight();
    if (flight != null) {
      try {
        flight.run(
            (range, target, progress) -> {
              throw new StorageException(Kind.CANCELLED, object.record().id() + ": not kept");
            });
      } catch (StorageException e) {
        leased.unpin(claim.block());
        return null;
      }
    }
    cache.countHits(1);
    return handOut(claim.block());
  }

  @Override
  @MustBeClosed
  public BlockLease acquire(long index, int count) throws StorageException {
    checkOpen();
    checkCount(count);
    int first = block(index);
    int wanted = Math.min(count, object.blockCount() - first);
    int missing = Math.max(1, cache.countMissing(object, first, wanted));
    while (true) {
      LeasedBlocks.Claim claim = leased.claim(object, first, missing);
      LeasedBlock block = claim.block();
      boolean good = false;
      try {
        if (claim.flight() == null) {
          good = await(block);
          if (good) {
            cache.countHits(1);
          }
        } else {
          good = run(claim.flight(), block);
        }
      } finally {
        if (!good) {
          leased.unpin(block);
        }
      }
      if (good) {
        return handOut(block);
      }
    }
  }

  /** Returns false if the load was cancelled, which is no outcome. */
  private boolean await(LeasedBlock block) throws StorageException {
    if (leased.await(object, block) == LeasedBlock.State.FILLED) {
      return true;
    }
    StorageException why = Objects.requireNonNull(block.failure());
    if (why.kind() != Kind.CANCELLED) {
      throw new StorageException(why.kind(), String.valueOf(why.getMessage()), why);
    }
    return false;
  }

  private boolean run(LeasedBlocks.Flight flight, LeasedBlock block) throws StorageException {
    try {
      flight.run(loader);
    } catch (StorageException e) {
      if (block.state() != LeasedBlock.State.FILLED) {
        throw e;
      }
    } finally {
      if (flight.isFirstLoaded()) {
        cache.countMisses(1);
      } else {
        cache.countHits(1);
      }
    }
    return true;
  }

  private BlockLease handOut(LeasedBlock block) {
    leased.handedOut(block);
    return block.lease();
  }

  @Override
  public int prefetch(long index, int count) throws StorageException {
    checkOpen();
    checkCount(count);
    int first = block(index);
    int end = first + Math.min(count, object.blockCount() - first);
    int next = first;
    while (next < end) {
      int kept = leased.has(object, next) ? 1 : cache.countKept(object, next, end - next);
      if (kept > 0) {
        next += kept;
        continue;
      }
      int missing = Math.max(1, cache.countMissing(object, next, end - next));
      LeasedBlocks.Flight flight = leased.claimAhead(object, next, missing);
      if (flight == null) {
        break;
      }
      flight.run(loader);
      next = flight.end();
    }
    return next - first;
  }

  @Override
  public void load(ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    checkOpen();
    Objects.checkFromToIndex(range.start(), range.end(), object.size());
    if (isWholeBlocks(range) && Arrays.stream(target).allMatch(ByteBuffer::isDirect)) {
      cache.load(object, range, target, progress, loader, new Counting());
    } else {
      copy(range, target, progress);
    }
  }

  private boolean isWholeBlocks(ByteRange range) {
    int blockSize = object.blockSize();
    return range.start() % blockSize == 0
        && (range.end() % blockSize == 0 || range.end() == object.size());
  }

  private void copy(ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    int blockSize = object.blockSize();
    int buffer = 0;
    long at = range.start();
    while (at < range.end()) {
      long index = at / blockSize;
      int count = (int) ((range.end() - 1) / blockSize - index + 1);
      try (BlockLease lease = acquire(index, count)) {
        long from = at - index * blockSize;
        long to = Math.min(lease.segment().byteSize(), range.end() - index * blockSize);
        while (from < to) {
          while (!target[buffer].hasRemaining()) {
            buffer++;
          }
          int length = (int) Math.min(to - from, target[buffer].remaining());
          MemorySegment.copy(
              lease.segment(), from, MemorySegment.ofBuffer(target[buffer]), 0, length);
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
    closed.set(true);
  }

  private int block(long index) {
    return (int) Objects.checkIndex(index, object.blockCount());
  }

  private void checkOpen() {
    if (closed.get()) {
      throw new IllegalStateException("the blocks of " + object.record().id() + " are closed");
    }
  }

  private static void checkCount(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("a count of " + count + " blocks");
    }
  }

  /** Counts each block of a load. */
  private final class Counting implements LoadObserver {
    @Override
    public boolean isAhead() {
      return false;
    }

    @Override
    public boolean waitsForFills() {
      return false;
    }

    @Override
    public void loading(int first, int count, boolean fromDisk) {
      if (fromDisk) {
        cache.countHits(count);
      } else {
        cache.countMisses(count);
      }
    }

    @Override
    public void kept(int first, int count, Regions.Place place) {
      // Only readers without a cache above have blocks that wait for them.
    }
  }
}
