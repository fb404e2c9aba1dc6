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
  /**
   * Most pieces kept for the next parts although nothing is in them: fresh memory costs eight times
   * what the copy into it does, as Linux clears it page by page. Parts end in bursts.
   */
  private static final int MOST_SPARE = 128;

  /** After so long without use they are given back; from shard to shard it takes less. */
  private static final long SPARE_FOR_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** How often a writer that waits looks again: the budget tells nobody when it has bytes. */
  private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** How long parts that were given up may take to end. */
  private static final long END_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** How long a file that is stored waits for memory that others have. */
  private static final long SEND_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final MemoryBudget budget;
  private final long keepSize;
  private final MemoryBudget.Registration reclaimer;
  private final ReentrantLock sending = new ReentrantLock(true);
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Condition closing = lock.newCondition();

  /** Buffers nobody holds, the least recently used first. */
  @GuardedBy("lock")
  private final LinkedHashSet<PartBuffer> kept = new LinkedHashSet<>();

  @GuardedBy("lock")
  private long keptBytes;

  @GuardedBy("lock")
  private final Deque<Piece> spare = new ArrayDeque<>();

  /** When a piece was last taken from the spare ones, or became one. */
  @GuardedBy("lock")
  private long spareUsed;

  /** Gives back spare pieces nobody uses; null while there are none. */
  @GuardedBy("lock")
  private @Nullable Thread giver;

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

  /**
   * Gives a buffer memory for {@code bytes} that are sent as soon as they are in it, waiting a
   * while for others although none of theirs is under way: they may just be filling what they send
   * next. One caller at a time, so that none waits with half of what the other lacks.
   *
   * @return false if there is none
   */
  boolean growToSend(PartBuffer buffer, long bytes) throws InterruptedException {
    long deadline = System.nanoTime() + SEND_WITHIN_NANOS;
    sending.lockInterruptibly();
    try {
      while (!grow(buffer, bytes)) {
        if (System.nanoTime() - deadline > 0) {
          return false;
        }
        awaitChange();
      }
      return true;
    } finally {
      sending.unlock();
    }
  }

  @SuppressWarnings("WaitNotInLoop") // the caller's loop
  private void awaitChange() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long _ = changed.awaitNanos(LOOK_AGAIN_NANOS);
    } finally {
      lock.unlock();
    }
  }

  /** Returns a piece if one is to be had now. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // the piece owns the reservation
  @Nullable Piece tryTake(int size, Use use) {
    if (size == Piece.LARGE) {
      Piece piece = takeSpare(budget.available(use) < size);
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

  /**
   * Returns a piece that was used before; null if there is none to spare.
   *
   * @param exhausted whether the budget has no other
   */
  private @Nullable Piece takeSpare(boolean exhausted) {
    lock.lock();
    try {
      Piece piece = spare.poll();
      if (piece == null && (exhausted || keptBytes >= keepSize)) {
        // Memory just used is warm; fresh memory has to be cleared by Linux first.
        evictOldest();
        piece = spare.poll();
      }
      spareUsed = System.nanoTime();
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
      freed = surplus(closed ? 0 : MOST_SPARE);
      giveBackLater();
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
    lock.lock();
    try {
      underWay--;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void giveBackLater() {
    spareUsed = System.nanoTime();
    if (giver == null && !spare.isEmpty()) {
      giver = Thread.ofVirtual().name("sluice-spare-memory").start(this::giveBackUnused);
    }
  }

  /** Waits until the spare pieces have not been used for a while, and gives them back. */
  private void giveBackUnused() {
    List<Piece> freed;
    lock.lock();
    try {
      long left = SPARE_FOR_NANOS;
      while (left > 0 && !closed) {
        long _ = closing.awaitNanos(left);
        left = spareUsed + SPARE_FOR_NANOS - System.nanoTime();
      }
      freed = surplus(0);
      giver = null;
    } catch (InterruptedException e) {
      // Nobody does; close() gives back what there is.
      return;
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
    for (Piece piece : buffer.pieces()) {
      // Small ones last: they are not used again if there is another.
      if (piece.size() < Piece.LARGE) {
        spare.addLast(piece);
      } else {
        spare.addFirst(piece);
      }
    }
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
    long sum;
    lock.lock();
    try {
      while (!kept.isEmpty() && spareBytes() < bytes) {
        evictOldest();
      }
      freed = surplus(MOST_SPARE);
      sum = freed.stream().mapToLong(Piece::size).sum();
      while (sum < bytes && !spare.isEmpty()) {
        Piece piece = spare.removeLast();
        freed.add(piece);
        sum += piece.size();
      }
    } finally {
      lock.unlock();
    }
    freed.forEach(Piece::close);
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
      closing.signalAll();
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
