// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Slots for reads under way. Demand comes before read-ahead, and some slots are for demand only, so
 * that it does not wait for read-ahead to end either.
 */
final class ReadSlots {
  private final int slots;
  private final int readAheadSlots;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final ArrayDeque<Waiter> demand = new ArrayDeque<>();

  @GuardedBy("lock")
  private final ArrayDeque<Waiter> readAhead = new ArrayDeque<>();

  @GuardedBy("lock")
  private int taken;

  ReadSlots(int slots, int demandSlots) {
    if (demandSlots < 0 || slots <= demandSlots) {
      throw new IllegalArgumentException(
          "%d reads at once, %d of them for demand only, leave none for read-ahead"
              .formatted(slots, demandSlots));
    }
    this.slots = slots;
    this.readAheadSlots = slots - demandSlots;
  }

  void take(ReadPurpose purpose) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      ArrayDeque<Waiter> queue = purpose == ReadPurpose.DEMAND ? demand : readAhead;
      Waiter waiter = new Waiter(lock.newCondition());
      queue.addLast(waiter);
      serve();
      try {
        while (!waiter.served) {
          waiter.condition.await();
        }
      } catch (InterruptedException e) {
        if (waiter.served) {
          taken--;
        } else {
          queue.remove(waiter);
        }
        serve();
        throw e;
      }
    } finally {
      lock.unlock();
    }
  }

  void giveBack() {
    lock.lock();
    try {
      taken--;
      serve();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void serve() {
    serve(demand, slots);
    if (demand.isEmpty()) {
      serve(readAhead, readAheadSlots);
    }
  }

  @GuardedBy("lock")
  private void serve(ArrayDeque<Waiter> queue, int most) {
    while (taken < most && !queue.isEmpty()) {
      Waiter first = queue.removeFirst();
      first.served = true;
      first.condition.signal();
      taken++;
    }
  }

  private static final class Waiter {
    final Condition condition;
    boolean served;

    Waiter(Condition condition) {
      this.condition = condition;
    }
  }
}
