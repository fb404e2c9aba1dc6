// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.memory;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.MemoryReservation;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The budget of the process: a count that never passes its limit.
 *
 * <p>Whoever waits is served in order of arrival, reads before all others. All but reads leave the
 * read slice free, so a read needs nobody else to finish. Read-ahead gets nothing while anybody
 * waits. A read that meets a waiting writer first makes room in the caches for itself, so that it
 * does not take what was freed for the writer; if nothing can be freed it takes what there is.
 */
public final class HardMemoryBudget implements MemoryBudget {
  /**
   * How often a waiter asks the reclaimers again: a block that is unpinned becomes reclaimable
   * without anybody telling the budget.
   */
  private static final long ASK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  // Changed under the lock; read without it where a moment's old value will do.
  private volatile Bounds bounds;

  private final List<Reclaimer> reclaimers = new CopyOnWriteArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final ArrayDeque<Waiter> readers = new ArrayDeque<>();

  @GuardedBy("lock")
  private final ArrayDeque<Waiter> others = new ArrayDeque<>();

  // Changed under the lock; read without it where a moment's old value will do.
  private final AtomicLong reserved = new AtomicLong();
  private final AtomicInteger waiting = new AtomicInteger();

  /**
   * Creates a budget.
   *
   * @param limit bytes in all
   * @param readSlice bytes of them that only reads get: at least one block of the largest cache
   */
  public HardMemoryBudget(long limit, long readSlice) {
    this.bounds = bounds(limit, readSlice);
  }

  private static Bounds bounds(long limit, long readSlice) {
    if (readSlice < 0 || limit <= readSlice) {
      throw new IllegalArgumentException(
          "a memory limit of %d bytes leaves nothing beside the %d bytes kept for reads"
              .formatted(limit, readSlice));
    }
    return new Bounds(limit, readSlice);
  }

  /**
   * Has another limit from now on. Under a lower one nothing is handed out until so much was given
   * back that it holds; the caches are asked for it at once.
   *
   * @param limit at least what any reservation under way asks for, with what is kept for reads
   */
  public void resize(long limit, long readSlice) {
    Bounds next = bounds(limit, readSlice);
    lock.lock();
    try {
      bounds = next;
      serveWaiters();
    } finally {
      lock.unlock();
    }
    long over;
    do {
      over = reserved.get() - limit;
    } while (over > 0 && reclaim(over) > 0);
  }

  @Override
  public long limit() {
    return bounds.limit;
  }

  @Override
  public long reserved() {
    return reserved.get();
  }

  @Override
  public long available(Use use) {
    if (use == Use.READ_AHEAD && waiting.get() > 0) {
      return 0;
    }
    return Math.max(0, ceiling(use) - reserved.get());
  }

  @Override
  @MustBeClosed
  public @Nullable MemoryReservation tryReserve(long bytes, Use use) {
    MemoryReservation reservation = takeAtOnce(bytes, use, false);
    if (reservation == null && use != Use.READ_AHEAD && bytes <= ceiling(use)) {
      reclaim(bytes);
      reservation = takeAtOnce(bytes, use, true);
    }
    return reservation;
  }

  @Override
  @MustBeClosed
  public MemoryReservation reserve(long bytes, Use use) throws InterruptedException {
    if (bytes > ceiling(use)) {
      throw new IllegalArgumentException(
          "%d bytes for %s exceed the memory limit of %d bytes, %d of them kept for reads"
              .formatted(bytes, use, bounds.limit, bounds.readSlice));
    }
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    MemoryReservation reservation = takeAtOnce(bytes, use, false);
    return reservation != null ? reservation : await(bytes, use);
  }

  @Override
  @MustBeClosed
  public Registration addReclaimer(Reclaimer reclaimer) {
    reclaimers.add(reclaimer);
    return () -> reclaimers.remove(reclaimer);
  }

  private MemoryReservation await(long bytes, Use use) throws InterruptedException {
    Waiter waiter;
    lock.lock();
    try {
      waiter = new Waiter(bytes, lock.newCondition());
      queue(use).addLast(waiter);
      waiting.incrementAndGet();
      serveWaiters();
    } finally {
      lock.unlock();
    }
    try {
      while (true) {
        if (use != Use.READ_AHEAD && !isServed(waiter)) {
          reclaim(Math.max(1, bytes + reserved.get() - ceiling(use)));
        }
        lock.lock();
        try {
          Held served = waiter.served;
          if (served == null) {
            long _ = waiter.condition.awaitNanos(ASK_AGAIN_NANOS);
            served = waiter.served;
          }
          if (served != null) {
            return served;
          }
        } finally {
          lock.unlock();
        }
      }
    } catch (InterruptedException | RuntimeException e) {
      abandon(waiter, use);
      throw e;
    }
  }

  private boolean isServed(Waiter waiter) {
    lock.lock();
    try {
      return waiter.served != null;
    } finally {
      lock.unlock();
    }
  }

  private void abandon(Waiter waiter, Use use) {
    lock.lock();
    try {
      Held served = waiter.served;
      if (served != null) {
        served.close();
      } else {
        queue(use).remove(waiter);
        waiting.decrementAndGet();
        serveWaiters();
      }
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Held takeAtOnce(long bytes, Use use, boolean beforeWriters) {
    lock.lock();
    try {
      boolean overtakes =
          use == Use.READ
              ? !readers.isEmpty() || (!beforeWriters && takesFromWriters(bytes))
              : waiting.get() > 0;
      return overtakes || bytes > ceiling(use) - reserved.get() ? null : take(bytes);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private boolean takesFromWriters(long bytes) {
    Waiter first = others.peekFirst();
    return first != null && bytes + first.bytes > bounds.limit - reserved.get();
  }

  @GuardedBy("lock")
  private Held take(long bytes) {
    reserved.addAndGet(bytes);
    return new Held(bytes);
  }

  @GuardedBy("lock")
  private void serveWaiters() {
    if (serve(readers, ceiling(Use.READ))) {
      serve(others, ceiling(Use.WRITE));
    }
  }

  /** Serves from the head; returns whether nobody is left. */
  @GuardedBy("lock")
  private boolean serve(ArrayDeque<Waiter> queue, long ceiling) {
    Waiter first;
    while ((first = queue.peekFirst()) != null) {
      if (first.bytes > ceiling - reserved.get()) {
        return false;
      }
      queue.removeFirst();
      waiting.decrementAndGet();
      first.served = take(first.bytes);
      first.condition.signal();
    }
    return true;
  }

  @GuardedBy("lock")
  private ArrayDeque<Waiter> queue(Use use) {
    return use == Use.READ ? readers : others;
  }

  private long ceiling(Use use) {
    Bounds now = bounds;
    return use == Use.READ ? now.limit : now.limit - now.readSlice;
  }

  @CanIgnoreReturnValue
  private long reclaim(long bytes) {
    long freed = 0;
    for (Reclaimer reclaimer : reclaimers) {
      freed += reclaimer.reclaim(bytes - freed);
      if (freed >= bytes) {
        break;
      }
    }
    return freed;
  }

  private void giveBack(long bytes) {
    lock.lock();
    try {
      reserved.addAndGet(-bytes);
      if (waiting.get() > 0) {
        serveWaiters();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The bytes there are, and those of them that only reads get. */
  private record Bounds(long limit, long readSlice) {}

  /** Somebody who waits; guarded by the lock. */
  private static final class Waiter {
    final long bytes;
    final Condition condition;
    @Nullable Held served;

    Waiter(long bytes, Condition condition) {
      this.bytes = bytes;
      this.condition = condition;
    }
  }

  private final class Held implements MemoryReservation {
    private final long bytes;
    private final AtomicBoolean closed = new AtomicBoolean();

    Held(long bytes) {
      this.bytes = bytes;
    }

    @Override
    public long bytes() {
      return closed.get() ? 0 : bytes;
    }

    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        giveBack(bytes);
      }
    }
  }
}
