// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import io.sluicefs.spi.MemoryReservation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory a request is read into, large enough for the longest. */
final class RequestBuffer implements AutoCloseable {
  /** The data of a WRITE, and a page for what stands before it. */
  static final int SIZE = Protocol.MAX_DATA + 4096;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment segment = LibC.map(SIZE, arena);
  private final MemoryReservation reservation;

  /** Creates a buffer that owns its reservation. */
  RequestBuffer(MemoryReservation reservation) {
    this.reservation = reservation;
  }

  MemorySegment segment() {
    return segment;
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
      reservation.close();
    }
  }
}
