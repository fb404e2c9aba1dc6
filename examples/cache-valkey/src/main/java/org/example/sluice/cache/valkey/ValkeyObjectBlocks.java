// SPDX-License-Identifier: Apache-2.0
package org.example.sluice.cache.valkey;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
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

/**
 * One reference to the blocks of an object. A cache above calls {@link #load} with whole blocks and
 * sees to it that nobody asks twice at a time; everything else is for readers without one.
 */
final class ValkeyObjectBlocks implements ObjectBlocks {
  private final ValkeyBlockCache cache;
  private final LeasedBlocks leased;
  private final SharedBlocks shared;
  private final ObjectId id;
  private final BlockLoader loader;
  private volatile boolean closed;

  ValkeyObjectBlocks(
      ValkeyBlockCache cache,
      LeasedBlocks leased,
      SharedBlocks shared,
      ObjectId id,
      BlockLoader loader) {
    this.cache = cache;
    this.leased = leased;
    this.shared = shared;
    this.id = id;
    this.loader = loader;
  }

  /** {@inheritDoc} Of what only the server has there is none, as asking it takes time. */
  @Override
  public BlockLease get(long index) {
    checkOpen();
    BlockLease lease = leased.get(id, Objects.checkIndex(index, shared.count()));
    if (lease != null) {
      cache.countHit();
    }
    return lease;
  }

  @Override
  public BlockLease acquire(long index, int count) throws StorageException {
    checkOpen();
    Objects.checkIndex(index, shared.count());
    LeasedBlocks.Claim claim = leased.claim(shared, id, index, atLeastOne(count));
    if (claim.flight() == null) {
      cache.countHit();
      return leased.lease(claim.block());
    }
    boolean good = false;
    try {
      fly(claim.flight(), index, true);
      good = true;
    } catch (StorageException e) {
      // The failure of the blocks after it is theirs.
      good = leased.isFilled(claim.block());
      if (!good) {
        throw e;
      }
      cache.countMiss();
    } finally {
      if (!good) {
        leased.unpin(claim.block());
      }
    }
    return leased.lease(claim.block());
  }

  @Override
  public int prefetch(long index, int count) throws StorageException {
    checkOpen();
    Objects.checkIndex(index, shared.count());
    long end = index + Math.min(atLeastOne(count), shared.count() - index);
    long next = index;
    while (next < end) {
      int present = leased.present(id, next, (int) (end - next));
      if (present == 0) {
        LeasedBlocks.Flight flight = leased.claimAhead(shared, id, next, (int) (end - next));
        if (flight == null) {
          break;
        }
        present = flight.count();
        fly(flight, next, false);
      }
      next += present;
    }
    return (int) (next - index);
  }

  /** Loads the blocks of a flight, and ends it. */
  private void fly(LeasedBlocks.Flight flight, long index, boolean asked) throws StorageException {
    ByteRange range = shared.range(index, index + flight.count());
    StorageException failure =
        new StorageException(Kind.CANCELLED, id + ": whoever loaded the block gave up");
    try {
      ByteBuffer[] memory =
          flight.memory().stream().map(MemorySegment::asByteBuffer).toArray(ByteBuffer[]::new);
      long loaded = shared.load(range, memory, flight::announce, loader);
      cache.countLoaded(loaded);
      if (asked && loaded == 0) {
        cache.countHit();
      } else if (asked) {
        cache.countMiss();
      }
    } catch (StorageException e) {
      failure = e;
      throw e;
    } finally {
      flight.end(failure);
    }
  }

  @Override
  public void load(ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    checkOpen();
    Objects.checkFromToIndex(range.start(), range.end(), shared.size());
    if (shared.isWhole(range) && Arrays.stream(target).allMatch(ByteBuffer::isDirect)) {
      cache.countLoaded(shared.load(range, target, progress, loader));
    } else {
      copy(range, target, progress);
    }
  }

  private void copy(ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    int blockSize = shared.blockSize();
    int buffer = 0;
    long at = range.start();
    while (at < range.end()) {
      long index = at / blockSize;
      int count = (int) ((range.end() - 1) / blockSize - index + 1);
      try (BlockLease lease = acquire(index, count)) {
        ByteBuffer block = lease.segment().asByteBuffer().position((int) (at - index * blockSize));
        while (block.hasRemaining() && at < range.end()) {
          while (!target[buffer].hasRemaining()) {
            buffer++;
          }
          int length = Math.min(block.remaining(), target[buffer].remaining());
          target[buffer].put(block.slice(block.position(), length));
          block.position(block.position() + length);
          at += length;
        }
      }
      progress.filled(at - range.start());
    }
  }

  @Override
  public void close() {
    closed = true;
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the blocks of " + id + " are closed");
    }
  }

  private static int atLeastOne(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("a count of " + count + " blocks");
    }
    return count;
  }
}
