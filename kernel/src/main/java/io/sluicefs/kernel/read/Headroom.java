// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.CacheStats;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * How much may be read ahead, and how the handles share it. All plans together get three quarters
 * of what the first cache may hold, or less where what was read is worth more: where handles read
 * one object at different places, those behind come to what those in front have read, and a wide
 * window would push it out. A handle gets what the others leave, at least an equal part. When it is
 * short, handles nobody reads from give theirs back. Thread-safe; asked at every read.
 */
final class Headroom {
  private static final long REFRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** Part of the cache that is read ahead into whatever else is worth keeping. */
  private static final int LEAST_PART = 32;

  /** The same in chunks, in a small cache. */
  private static final int LEAST_CHUNKS = 4;

  private final BlockCache cache;
  private final MemoryBudget memory;
  private final LongSupplier chunkSize;
  private final long idleNanos;
  private final Set<ReadAheadPlan> plans = ConcurrentHashMap.newKeySet();
  private final AtomicLong planned = new AtomicLong();
  private final AtomicInteger planning = new AtomicInteger();
  private final AtomicLong refreshAt;
  private volatile long total;

  Headroom(BlockCache cache, MemoryBudget memory, LongSupplier chunkSize, ReadOptions options) {
    this.cache = cache;
    this.memory = memory;
    this.chunkSize = chunkSize;
    this.idleNanos = options.idleAfter().toNanos();
    this.refreshAt = new AtomicLong(System.nanoTime() + REFRESH_NANOS);
    this.total = measure(System.nanoTime());
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
      total = measure(now);
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
    long chunk = chunkSize.getAsLong();
    return budget < chunk ? budget : budget - budget % chunk;
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

  private long measure(long now) {
    CacheStats stats = cache.stats();
    long reachable =
        Math.min(
            stats.capacityBytes(),
            stats.usedBytes() + memory.available(MemoryBudget.Use.READ_AHEAD));
    long most = reachable - reachable / 4;
    long wanted = Math.min(spread(now), stats.usedBytes());
    if (wanted <= reachable - most) {
      return most;
    }
    long least = Math.max(reachable / LEAST_PART, LEAST_CHUNKS * chunkSize.getAsLong());
    return Math.min(most, Math.max(least, reachable - wanted));
  }

  /** Returns the bytes between the handles that read from each object, the idle left out. */
  private long spread(long now) {
    Map<OpenObject, Spread> spreads = new HashMap<>();
    for (ReadAheadPlan plan : plans) {
      if (now - plan.lastReadNanos() <= idleNanos) {
        spreads.computeIfAbsent(plan.object(), object -> new Spread()).add(plan.position());
      }
    }
    long sum = 0;
    for (Spread spread : spreads.values()) {
      sum += spread.last - spread.first;
    }
    return sum;
  }

  /** Where the first and the last of some handles read. */
  private static final class Spread {
    private long first = Long.MAX_VALUE;
    private long last;

    void add(long position) {
      first = Math.min(first, position);
      last = Math.max(last, position);
    }
  }
}
