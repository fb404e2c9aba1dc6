// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import io.sluicefs.kernel.memory.AnonymousMemory;
import io.sluicefs.spi.MemoryReservation;
import java.lang.foreign.MemorySegment;

/** Native memory of a buffer, counted against the budget. Used by one owner at a time. */
final class Piece implements AutoCloseable {
  /** Bytes of the first piece of a buffer, so that a small file takes little. */
  static final int SMALL = 64 << 10;

  /** Bytes of all others. */
  static final int LARGE = 1 << 20;

  private final MemoryReservation reservation;
  private final MemorySegment memory;

  /** Allocates; takes ownership of the reservation, which says how much. */
  Piece(MemoryReservation reservation) {
    this.reservation = reservation;
    try {
      this.memory =
          reservation.bytes() < LARGE
              ? AnonymousMemory.allocate(reservation.bytes())
              : AnonymousMemory.allocatePopulated(reservation.bytes());
    } catch (RuntimeException | Error e) {
      reservation.close();
      throw e;
    }
  }

  MemorySegment memory() {
    return memory;
  }

  int size() {
    return (int) memory.byteSize();
  }

  @Override
  public void close() {
    AnonymousMemory.free(memory);
    reservation.close();
  }
}
