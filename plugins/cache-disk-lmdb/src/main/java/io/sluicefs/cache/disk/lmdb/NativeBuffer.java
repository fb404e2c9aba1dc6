// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.MemoryReservation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Native memory of the budget, aligned to pages, for one owner. */
final class NativeBuffer implements AutoCloseable {
  /** What O_DIRECT asks of addresses, offsets and lengths at most. */
  static final int ALIGNMENT = 4096;

  private final MemoryReservation reservation;
  private final Arena arena;
  private final MemorySegment memory;

  /** Allocates what was reserved and takes the reservation over, also when that fails. */
  @MustBeClosed
  NativeBuffer(MemoryReservation reservation) {
    this.reservation = reservation;
    this.arena = Arena.ofShared();
    boolean good = false;
    try {
      memory = arena.allocate(reservation.bytes(), ALIGNMENT);
      good = true;
    } finally {
      if (!good) {
        close();
      }
    }
  }

  MemorySegment memory() {
    return memory;
  }

  /** Frees the memory and gives the reservation back. Once. */
  @Override
  public void close() {
    arena.close();
    reservation.close();
  }

  /** Returns {@code bytes} rounded up to whole pages. */
  static long padded(long bytes) {
    return (bytes + ALIGNMENT - 1) & -ALIGNMENT;
  }
}
