// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.kernel.read.Prefetch.Outcome;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Carries plans out: one request of each plan in turn, as many under way as the limits allow. A
 * request claims its blocks only when it starts, so that a reader who wants one earlier loads it
 * itself. Thread-safe; takes no object's monitor while it holds its own.
 */
final class Prefetches {
  private static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final IntSupplier most;
  private final IntSupplier allowed;
  private final LongAdder done = new LongAdder();
  private final LongAdder shortOfMemory = new LongAdder();
  private final LongAdder cancelled = new LongAdder();
  private final LongAdder failed = new LongAdder();

  @GuardedBy("this")
  private final LinkedHashSet<ReadAheadPlan> queue = new LinkedHashSet<>();

  @GuardedBy("this")
  private int running;

  @GuardedBy("this")
  private boolean closed;

  /**
   * Creates them.
   *
   * @param most under way in all, as the prefetcher has it
   * @param allowed the same, as the transport has it at this moment
   */
  Prefetches(IntSupplier most, IntSupplier allowed) {
    this.most = most;
    this.allowed = allowed;
  }

  /** Starts what {@code plan} wants as soon as it is its turn. */
  void submit(ReadAheadPlan plan) {
    enqueue(plan);
    startWhatFits();
  }

  synchronized ReadStats stats() {
    return new ReadStats(done.sum(), shortOfMemory.sum(), cancelled.sum(), failed.sum(), running);
  }

  void ended(Prefetch prefetch, OpenObject object, int there, Outcome outcome) {
    done.increment();
    switch (outcome) {
      case DONE -> {}
      case SHORT -> shortOfMemory.increment();
      case CANCELLED -> cancelled.increment();
      case FAILED -> failed.increment();
    }
    Collection<ReadAheadPlan> waiting = object.ended(prefetch, there, outcome);
    releaseSlot();
    waiting.forEach(this::enqueue);
    startWhatFits();
  }

  private void startWhatFits() {
    ReadAheadPlan plan;
    while ((plan = takeTurn()) != null) {
      Prefetch prefetch = plan.object().startNext(plan);
      if (prefetch == null) {
        releaseSlot();
      } else {
        enqueue(plan);
        prefetch.submit();
      }
    }
  }

  private synchronized void enqueue(ReadAheadPlan plan) {
    queue.add(plan);
  }

  /** Takes a slot for the plan whose turn it is. */
  private synchronized @Nullable ReadAheadPlan takeTurn() {
    if (closed || running >= Math.min(most.getAsInt(), allowed.getAsInt()) || queue.isEmpty()) {
      return null;
    }
    running++;
    return queue.removeFirst();
  }

  private synchronized void releaseSlot() {
    running--;
    notifyAll();
  }

  /** Starts nothing more. */
  synchronized void stop() {
    closed = true;
    queue.clear();
  }

  /** Waits until what was under way has ended, which after a cancel is soon. */
  synchronized void awaitEnd() {
    long deadline = System.nanoTime() + CLOSE_NANOS;
    boolean interrupted = false;
    while (running > 0 && !interrupted) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        return;
      }
      try {
        wait(left);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
