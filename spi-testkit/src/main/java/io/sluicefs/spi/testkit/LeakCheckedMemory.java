// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.MemoryReservation;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A memory budget for tests: hard like the kernel's, without its fairness, and it remembers the
 * stack of every reservation. Closing it fails if any is still held.
 */
public final class LeakCheckedMemory implements MemoryBudget, AutoCloseable {
  /** A holder of memory may have some to give back that it had not when it was asked. */
  private static final long ASK_AGAIN_MILLIS = 20;

  private final long limit;
  private final Map<Held, Throwable> held = new ConcurrentHashMap<>();
  private final List<Reclaimer> reclaimers = new CopyOnWriteArrayList<>();
  private long reserved;
  private long peak;

  /** Creates a budget of {@code limit} bytes. */
  public LeakCheckedMemory(long limit) {
    this.limit = limit;
  }

  @Override
  public long limit() {
    return limit;
  }

  @Override
  public synchronized long reserved() {
    return reserved;
  }

  /** Returns the most bytes that were reserved at any time. */
  public synchronized long peak() {
    return peak;
  }

  @Override
  public synchronized long available(Use use) {
    return limit - reserved;
  }

  @Override
  @MustBeClosed
  public @Nullable MemoryReservation tryReserve(long bytes, Use use) {
    return takeOrReclaim(bytes, use);
  }

  private @Nullable MemoryReservation takeOrReclaim(long bytes, Use use) {
    MemoryReservation reservation = take(bytes);
    if (reservation == null && use == Use.READ && reclaim(bytes)) {
      reservation = take(bytes);
    }
    return reservation;
  }

  @Override
  @MustBeClosed
  public MemoryReservation reserve(long bytes, Use use) throws InterruptedException {
    if (bytes > limit) {
      throw new IllegalArgumentException(bytes + " bytes exceed the limit of " + limit);
    }
    while (true) {
      MemoryReservation reservation = takeOrReclaim(bytes, use);
      if (reservation != null) {
        return reservation;
      }
      synchronized (this) {
        if (limit - reserved < bytes) {
          wait(ASK_AGAIN_MILLIS);
        }
      }
    }
  }

  @Override
  @MustBeClosed
  public Registration addReclaimer(Reclaimer reclaimer) {
    reclaimers.add(reclaimer);
    return () -> reclaimers.remove(reclaimer);
  }

  /** Fails with the stacks of the reservations still held, if there are any. */
  @Override
  public void close() {
    if (!held.isEmpty()) {
      AssertionError leak = new AssertionError(held.size() + " reservations were never closed");
      held.values().forEach(leak::addSuppressed);
      throw leak;
    }
  }

  private boolean reclaim(long bytes) {
    long freed = 0;
    for (Reclaimer reclaimer : reclaimers) {
      freed += reclaimer.reclaim(bytes - freed);
      if (freed >= bytes) {
        return true;
      }
    }
    return freed > 0;
  }

  private synchronized @Nullable MemoryReservation take(long bytes) {
    if (bytes > limit - reserved) {
      return null;
    }
    reserved += bytes;
    peak = Math.max(peak, reserved);
    Held reservation = new Held(bytes);
    held.put(reservation, new Throwable("reserved " + bytes + " bytes here"));
    return reservation;
  }

  private synchronized void giveBack(Held reservation) {
    if (held.remove(reservation) != null) {
      reserved -= reservation.bytes;
      notifyAll();
    }
  }

  private final class Held implements MemoryReservation {
    private final long bytes;

    Held(long bytes) {
      this.bytes = bytes;
    }

    @Override
    public long bytes() {
      return held.containsKey(this) ? bytes : 0;
    }

    @Override
    public void close() {
      giveBack(this);
    }
  }
}
