// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.kernel.memory.AnonymousMemory;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.MemoryReservation;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.cache.BlockLease;
import io.sluicefs.spi.cache.BlockLoader;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Memory for reads of a few pages that follow no other: they are fetched alone, where a block would
 * cost many times as many bytes. They are in no cache of ours afterwards, only in Linux's.
 * Thread-safe.
 */
final class Fragments implements AutoCloseable {
  /** As many such reads at once; more are left to the cache. */
  private static final int SLOTS = 64;

  private final MemoryBudget budget;
  private final int unit;

  @GuardedBy("this")
  private final BitSet taken = new BitSet(SLOTS);

  @GuardedBy("this")
  private @Nullable MemoryReservation reservation;

  @GuardedBy("this")
  private MemorySegment memory = MemorySegment.NULL;

  @GuardedBy("this")
  private boolean closed;

  /**
   * Creates them; memory is taken with the first read.
   *
   * @param unit bytes, a power of two, whose multiples fragments start and end on; 0 to have none
   */
  Fragments(MemoryBudget budget, int unit) {
    this.budget = budget;
    this.unit = unit;
  }

  /** Returns the bytes of the fragment a read of these bytes would be; 0 if it is too long. */
  int lengthFor(long start, long end) {
    if (unit == 0 || end - start > unit) {
      return 0;
    }
    return (int) (end - roundDown(start) + unit - 1) / unit * unit;
  }

  /** Returns where the fragment of a read begins. */
  long roundDown(long offset) {
    return offset & -unit;
  }

  /**
   * Fetches a fragment.
   *
   * @param range from {@link #roundDown}, of at most two units
   * @return null if there is no memory for one more
   * @throws StorageException the loader's
   */
  @MustBeClosed
  @Nullable BlockLease load(BlockLoader loader, ByteRange range) throws StorageException {
    Fragment fragment = take((int) range.length());
    if (fragment == null) {
      return null;
    }
    boolean loaded = false;
    try {
      loader.load(range, new ByteBuffer[] {fragment.segment.asByteBuffer()}, filled -> {});
      loaded = true;
      return fragment;
    } finally {
      if (!loaded) {
        fragment.close();
      }
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // kept until this is closed
  private synchronized @Nullable Fragment take(int length) {
    int slot = taken.nextClearBit(0);
    if (closed || slot >= SLOTS) {
      return null;
    }
    long bytes = 2L * unit;
    if (reservation == null) {
      reservation = budget.tryReserve(SLOTS * bytes, MemoryBudget.Use.READ);
      if (reservation == null) {
        return null;
      }
      memory = AnonymousMemory.allocate(SLOTS * bytes);
    }
    taken.set(slot);
    return new Fragment(slot, memory.asSlice(slot * bytes, length));
  }

  private synchronized void giveBack(int slot) {
    taken.clear(slot);
    freeIfUnused();
  }

  @GuardedBy("this")
  private void freeIfUnused() {
    if (closed && reservation != null && taken.isEmpty()) {
      AnonymousMemory.free(memory);
      reservation.close();
      reservation = null;
    }
  }

  /** Frees the memory, or has the last read do it. Idempotent. */
  @Override
  public synchronized void close() {
    closed = true;
    freeIfUnused();
  }

  private final class Fragment implements BlockLease {
    private final int slot;
    private final MemorySegment segment;

    Fragment(int slot, MemorySegment segment) {
      this.slot = slot;
      this.segment = segment;
    }

    @Override
    public MemorySegment segment() {
      return segment.asReadOnly();
    }

    @Override
    public void close() {
      giveBack(slot);
    }
  }
}
