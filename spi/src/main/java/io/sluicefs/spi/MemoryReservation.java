// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

/**
 * Bytes of the {@link MemoryBudget} held by one owner until closed. Close is idempotent and
 * thread-safe.
 */
public interface MemoryReservation extends AutoCloseable {
  /** Returns the bytes held; 0 after close. */
  long bytes();

  /** Gives the bytes back. Free the memory first. */
  @Override
  void close();
}
