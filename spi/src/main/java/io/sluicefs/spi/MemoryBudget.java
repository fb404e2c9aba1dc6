// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

import com.google.errorprone.annotations.MustBeClosed;
import org.jspecify.annotations.Nullable;

/**
 * The off-heap memory of the process: hard, never exceeded, shared by demand. Every buffer larger
 * than 64 KiB is reserved here before it is allocated, and given back after it is freed. The budget
 * counts; allocation is the caller's. Thread-safe.
 *
 * <p>Part of the budget is kept for {@link Use#READ}, so that neither writers nor read-ahead can
 * ever starve a read somebody waits for.
 */
public interface MemoryBudget {
  /** What a reservation is for; decides who gives way when memory is short. */
  enum Use {
    /** Bytes a read is waiting for. May use the whole budget. */
    READ,
    /** Parts of an upload. */
    WRITE,
    /** Bytes nobody asked for yet. First to be refused. */
    READ_AHEAD
  }

  /** Returns the limit in bytes. */
  long limit();

  /** Returns the bytes reserved now; never more than {@link #limit}. */
  long reserved();

  /** Returns the bytes a reservation for {@code use} could get at this moment, at least 0. */
  long available(Use use);

  /**
   * Reserves {@code bytes} at once, or returns null when {@code use} cannot have them now. Never
   * blocks. Before answering null to {@link Use#READ} or {@link Use#WRITE}, the budget has asked
   * its {@linkplain #addReclaimer reclaimers} to free memory.
   */
  @MustBeClosed
  @Nullable MemoryReservation tryReserve(long bytes, Use use);

  /**
   * Reserves {@code bytes}, waiting in order of arrival until they are free.
   *
   * @throws InterruptedException if the thread is interrupted while it waits
   * @throws IllegalArgumentException if {@code bytes} exceeds {@link #limit}
   */
  @MustBeClosed
  MemoryReservation reserve(long bytes, Use use) throws InterruptedException;

  /** Registers a holder of memory that can give some back, such as a cache. Close to unregister. */
  @MustBeClosed
  Registration addReclaimer(Reclaimer reclaimer);

  /** Something that holds memory it can do without. */
  @FunctionalInterface
  interface Reclaimer {
    /**
     * Frees at least {@code bytes} if it can, without waiting and without reserving, by closing
     * reservations. Called from any thread that reserves; the budget holds no lock meanwhile.
     *
     * @return the bytes freed, at least 0
     */
    long reclaim(long bytes);
  }

  /** A registration; close undoes it. */
  @FunctionalInterface
  interface Registration extends AutoCloseable {
    @Override
    void close();
  }
}
