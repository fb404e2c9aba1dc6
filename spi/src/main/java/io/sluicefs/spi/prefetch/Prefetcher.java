// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.prefetch;

import io.sluicefs.spi.ObjectId;

/**
 * Plans what to read ahead. It never reads, waits or starts a thread: the kernel does. Thread-safe.
 */
public interface Prefetcher extends AutoCloseable {
  /** Returns the planner of one open file handle on an object of {@code size} bytes. */
  ReadAhead open(ObjectId id, long size);

  /** Returns how the kernel is to carry out the plans of all handles together. */
  PrefetchLimits limits();

  /** Forgets everything. Idempotent. */
  @Override
  default void close() {}
}
