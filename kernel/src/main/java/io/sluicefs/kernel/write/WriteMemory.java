// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.MemoryBudget.Use;
import io.sluicefs.spi.MemoryReservation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The memory of all files that are written: what is not sent yet, what is under way, and what was
 * written lately and is kept for readers. The kept gives way, least recently used first, to whoever
 * needs memory. Thread-safe; never calls the budget with its lock held.
 */
final class WriteMemory implements AutoCloseable {
  /** Pieces kept for the next part although nothing is in them and nothing is under way. */
  private static final int IDLE_PIECES = 16;

  /**
   * The same while parts are under way: fresh memory costs more than the copy into it, as Linux
   * clears it page by page.
   */
  private static final int BUSY_PIECES = 128;

  /** How often a writer that waits looks again: the budget tells nobody when it has bytes. */
  private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** How long parts that were given up may take to end. */
  private static final long END_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final MemoryBudget budget;
  private final long keepSize;
  private final MemoryBudget.Registration reclaimer;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Buffers nobody holds, the least recently used first. */
  @GuardedBy("lock")
  private final LinkedHashSet<PartBuffer> kept = new LinkedHashSet<>();

  @GuardedBy("lock")
  private long keptBytes;

  @GuardedBy("lock")
  private final Deque<Piece> spare = new ArrayDeque<>();

  /** Parts under way: whoever waits for memory gets some when one of them ends. */
  @GuardedBy("lock")
  private int underWay;

  @GuardedBy("lock")
  private boolean closed;

  @SuppressWarnings("MustBeClosedChecker") // close() closes the registration
  WriteMemory(MemoryBudget budget, long keepSize) {
    this.budget = budget;
    this.keepSize = keepSize;
    this.reclaimer = budget.addReclaimer(this::reclaim);
  }

  /**
   * Returns a piece, waiting as long as parts are under way that will give some back.
   *
   * @return null if there is none and nothing says that there will be
   * @throws InterruptedException if interrupted while it waits
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned
  @Nullable Piece take(int size) throws InterruptedException {
    while (true) {
      Piece piece = tryTake(size, Use.WRITE);
      if (piece != null) {
        return piece;
      }
      lock.lockInterruptibly();
      try {
        if (underWay == 0) {
          return null;
        }
        long _ = changed.awaitNanos(LOOK_AGAIN_NANOS);
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Gives a buffer memory for {@code bytes}, waiting as {@link #take} does.
   *
   * @return false if there is none
   */
  @SuppressWarnings("MustBeClosedChecker") // the buffer owns its pieces
  boolean grow(PartBuffer buffer, long bytes) throws InterruptedException {
    for (int size = buffer.wantedFor(bytes); size > 0; size = buffer.wantedFor(bytes)) {
      Piece piece = take(size);
      if (piece == null) {
        return false;
      }
      buffer.adopt(piece);
    }
    return true;
  }

  /** Returns a piece if one is to be had now. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // the piece owns the reservation
  @Nullable Piece tryTake(int size, Use use) {
    if (size == Piece.LARGE) {
      Piece piece = takeSpare();
      if (piece != null) {
        return piece;
      }
    }
    MemoryReservation reservation = budget.tryReserve(size, use);
    if (reservation == null) {
      reclaim(size);
      reservation = budget.tryReserve(size, use);
    }
    return reservation == null ? null : new Piece(reservation);
  }

  /** Returns a piece for a read, waiting for memory. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // the piece owns the reservation
  Piece takeForRead(int size) throws InterruptedException {
    return new Piece(budget.reserve(size, Use.READ));
  }

  private @Nullable Piece takeSpare() {
    lock.lock();
    try {
      Piece piece = spare.poll();
      if (piece == null && keptBytes >= keepSize) {
        // Memory just used is warm; fresh memory has to be cleared by Linux first.
        evictOldest();
        piece = spare.poll();
      }
      return piece;
    } finally {
      lock.unlock();
    }
  }

  boolean tryHold(PartBuffer buffer) {
    lock.lock();
    try {
      if (buffer.isGone()) {
        return false;
      }
      if (buffer.holds() == 0) {
        kept.remove(buffer);
        keptBytes -= buffer.capacity();
      }
      buffer.countHold(1);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes back a hold.
   *
   * @param keep whether the bytes may be read again
   */
  void release(PartBuffer buffer, boolean keep) {
    List<Piece> freed;
    lock.lock();
    try {
      buffer.countHold(-1);
      if (buffer.holds() > 0) {
        return;
      }
      if (keep && !closed && buffer.capacity() <= keepSize) {
        kept.add(buffer);
        keptBytes += buffer.capacity();
        while (keptBytes > keepSize) {
          evictOldest();
        }
      } else {
        empty(buffer);
      }
      freed = surplus(underWay > 0 ? BUSY_PIECES : IDLE_PIECES);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    freed.forEach(Piece::close);
  }

  /** A part is under way from now on. */
  void begin() {
    lock.lock();
    try {
      underWay++;
    } finally {
      lock.unlock();
    }
  }

  /** It is not any more. */
  void end() {
    List<Piece> freed;
    lock.lock();
    try {
      underWay--;
      freed = underWay > 0 ? List.of() : surplus(IDLE_PIECES);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    freed.forEach(Piece::close);
  }

  @GuardedBy("lock")
  private void evictOldest() {
    Iterator<PartBuffer> oldest = kept.iterator();
    if (oldest.hasNext()) {
      PartBuffer buffer = oldest.next();
      oldest.remove();
      keptBytes -= buffer.capacity();
      empty(buffer);
    }
  }

  @GuardedBy("lock")
  private void empty(PartBuffer buffer) {
    buffer.markGone();
    spare.addAll(buffer.pieces());
    buffer.pieces().clear();
  }

  /** Takes what is too much out of the spare pieces, and all small ones. */
  @GuardedBy("lock")
  private List<Piece> surplus(int most) {
    List<Piece> surplus = new ArrayList<>();
    spare.removeIf(
        piece -> {
          boolean small = piece.size() < Piece.LARGE;
          if (small) {
            surplus.add(piece);
          }
          return small;
        });
    while (spare.size() > most) {
      surplus.add(spare.removeLast());
    }
    return surplus;
  }

  @GuardedBy("lock")
  private long spareBytes() {
    return spare.stream().mapToLong(Piece::size).sum();
  }

  private long reclaim(long bytes) {
    List<Piece> freed;
    lock.lock();
    try {
      while (!kept.isEmpty() && spareBytes() < bytes) {
        evictOldest();
      }
      freed = surplus(0);
    } finally {
      lock.unlock();
    }
    long sum = 0;
    for (Piece piece : freed) {
      sum += piece.size();
      piece.close();
    }
    return sum;
  }

  @GuardedBy("lock")
  private void awaitIdle() {
    long left = END_WITHIN_NANOS;
    try {
      while (underWay > 0 && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns the bytes kept for readers. */
  long keptBytes() {
    lock.lock();
    try {
      return keptBytes;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Frees what nobody holds, and what is held when it is released. Waits a while for parts under
   * way, whose uploads were given up before.
   */
  @Override
  public void close() {
    reclaimer.close();
    List<Piece> freed;
    lock.lock();
    try {
      closed = true;
      awaitIdle();
      while (!kept.isEmpty()) {
        evictOldest();
      }
      freed = surplus(0);
    } finally {
      lock.unlock();
    }
    freed.forEach(Piece::close);
  }
}
