// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.cache;

import java.lang.foreign.MemorySegment;

/** A block pinned in memory until closed. Close once, from any thread. */
public interface BlockLease extends AutoCloseable {
  /**
   * Returns the block's bytes: native, read-only, as long as the block. Accessible from any thread
   * and valid until the lease is closed; whoever keeps it longer reads freed memory.
   */
  MemorySegment segment();

  /** Unpins the block. */
  @Override
  void close();
}
