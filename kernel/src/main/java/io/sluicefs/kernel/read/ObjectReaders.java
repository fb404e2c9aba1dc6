// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.transport.Transport;
import java.util.List;

/**
 * Reads objects through the caches, one a mount. Thread-safe.
 *
 * <p>The transport, the caches, the prefetcher and the budget are borrowed: their owner closes them
 * after this.
 */
public final class ObjectReaders implements AutoCloseable {
  private final Transport transport;
  private final List<BlockCache> tiers;

  /**
   * Creates the readers of a mount.
   *
   * @param transport of the bucket, with retries and limits
   * @param tiers at least one, the one asked first at the front
   * @param prefetcher plans what to read ahead
   * @param memory the budget the tiers take their memory from
   */
  public ObjectReaders(
      Transport transport,
      List<BlockCache> tiers,
      Prefetcher prefetcher,
      MemoryBudget memory,
      ReadOptions options) {
    this.transport = transport;
    this.tiers = List.copyOf(tiers);
  }

  /**
   * Starts reading one version of an object; one an open file handle.
   *
   * @param size of the object in bytes
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // the session owns it
  public ReadSession open(ObjectId id, long size) {
    return new ReadSession(
        id,
        size,
        tiers.get(0).blockSize(),
        tiers.get(0).attach(id, size, (range, target, p) -> transport.read(id, range, target, p)));
  }

  /** Cancels what is under way. Idempotent; sessions are closed before. */
  @Override
  public void close() {}
}
