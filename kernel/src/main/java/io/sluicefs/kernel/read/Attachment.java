// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.cache.ObjectBlocks;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A session's references to the blocks of its object in every cache. They close, the first cache's
 * first, when the session is closed and none of its prefetches is under way.
 */
final class Attachment {
  private final List<ObjectBlocks> tiers;
  private final BlockLoader loader;
  private final AtomicInteger users = new AtomicInteger(1);

  /**
   * Takes ownership of references.
   *
   * @param tiers the first cache's at the front
   * @param loader what the first cache loads from
   */
  Attachment(List<ObjectBlocks> tiers, BlockLoader loader) {
    this.tiers = List.copyOf(tiers);
    this.loader = loader;
  }

  /** Returns the blocks in the first cache, which loads from the others. */
  ObjectBlocks blocks() {
    return tiers.get(0);
  }

  /** Returns what the first cache loads from. */
  BlockLoader loader() {
    return loader;
  }

  /** Notes one more user; only by who knows that there is one. */
  void retain() {
    users.incrementAndGet();
  }

  /** Notes one user less. */
  void release() {
    if (users.decrementAndGet() == 0) {
      tiers.forEach(ObjectBlocks::close);
    }
  }
}
