// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.CacheStats;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much may be read ahead, and how the handles share it. All plans together get three quarters
 * of what the first cache may hold; a handle gets what the others leave, at least an equal part.
 * When it is short, handles nobody reads from give theirs back. Thread-safe; asked at every read.
 */
final class Headroom {
  private static final long REFRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final BlockCache cache;
  private final MemoryBudget memory;
  private final long chunkSize;
  private final long idleNanos;
  private final Set<ReadAheadPlan> plans = ConcurrentHashMap.newKeySet();
  private final AtomicLong planned = new AtomicLong();
  private final AtomicInteger planning = new AtomicInteger();
  private final AtomicLong refreshAt;
  private volatile long total;

  Headroom(BlockCache cache, MemoryBudget memory, long chunkSize, ReadOptions options) {
    this.cache = cache;
    this.memory = memory;
    this.chunkSize = chunkSize;
    this.idleNanos = options.idleAfter().toNanos();
    this.refreshAt = new AtomicLong(System.nanoTime() + REFRESH_NANOS);
    this.total = measure();
  }

  void add(ReadAheadPlan plan) {
    plans.add(plan);
  }

  void remove(ReadAheadPlan plan) {
    plans.remove(plan);
    plan(plan, 0);
  }

  /** Returns the bytes {@code plan} may plan ahead now. */
  long budgetOf(ReadAheadPlan plan, long now) {
    long due = refreshAt.get();
    if (now - due >= 0 && refreshAt.compareAndSet(due, now + REFRESH_NANOS)) {
      total = measure();
      if (planned.get() > total / 2) {
        takeBackFromIdle(now);
      }
    }
    long most = total;
    long own = plan.planned();
    long equalPart = most / Math.max(1, planning.get() + (own == 0 ? 1 : 0));
    long leftByOthers = most - planned.get() + own;
    long budget = Math.max(equalPart, leftByOthers);
    // In whole chunks, so that small changes do not move the window.
    return budget < chunkSize ? budget : budget - budget % chunkSize;
  }

  /** Notes that {@code plan} has {@code bytes} planned now. */
  void plan(ReadAheadPlan plan, long bytes) {
    long before = plan.setPlanned(bytes);
    if (before != bytes) {
      planned.addAndGet(bytes - before);
      if (before == 0) {
        planning.incrementAndGet();
      } else if (bytes == 0) {
        planning.decrementAndGet();
      }
    }
  }

  private void takeBackFromIdle(long now) {
    for (ReadAheadPlan plan : plans) {
      if (plan.planned() > 0 && now - plan.lastReadNanos() > idleNanos) {
        plan.giveBack();
        plan(plan, 0);
      }
    }
  }

  private long measure() {
    CacheStats stats = cache.stats();
    long reachable =
        Math.min(
            stats.capacityBytes(),
            stats.usedBytes() + memory.available(MemoryBudget.Use.READ_AHEAD));
    return reachable - reachable / 4;
  }
}
