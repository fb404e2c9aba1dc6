// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.MemoryReservation;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The buffers requests are read into. As many as threads usually read are kept; more are made while
 * writes wait with theirs, if the memory is there.
 */
final class RequestBuffers implements AutoCloseable {
  private final MemoryBudget memory;
  private final int kept;

  @GuardedBy("this")
  private final Deque<RequestBuffer> free = new ArrayDeque<>();

  private RequestBuffers(MemoryBudget memory, int kept) {
    this.memory = memory;
    this.kept = kept;
  }

  /** Reserves the memory of the buffers that are kept. */
  static RequestBuffers reserve(MemoryBudget memory, int kept) throws InterruptedException {
    RequestBuffers buffers = new RequestBuffers(memory, kept);
    try {
      for (int i = 0; i < kept; i++) {
        buffers.addReserved();
      }
      return buffers;
    } catch (Throwable e) {
      buffers.close();
      throw e;
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // the buffer owns its reservation
  private synchronized void addReserved() throws InterruptedException {
    free.push(new RequestBuffer(memory.reserve(RequestBuffer.SIZE, MemoryBudget.Use.READ)));
  }

  /** Takes a buffer; null if there is no memory for one. */
  @SuppressWarnings("MustBeClosedChecker") // the buffer owns its reservation
  synchronized @Nullable RequestBuffer take() {
    RequestBuffer buffer = free.poll();
    if (buffer != null) {
      return buffer;
    }
    MemoryReservation reservation = memory.tryReserve(RequestBuffer.SIZE, MemoryBudget.Use.WRITE);
    return reservation == null ? null : new RequestBuffer(reservation);
  }

  /** Gives a buffer back. */
  synchronized void give(RequestBuffer buffer) {
    if (free.size() < kept) {
      free.push(buffer);
    } else {
      buffer.close();
    }
  }

  /** Frees the buffers that were given back, which by now must be all. */
  @Override
  public synchronized void close() {
    free.forEach(RequestBuffer::close);
    free.clear();
  }
}
