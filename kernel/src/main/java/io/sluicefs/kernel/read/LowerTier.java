// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import io.sluicefs.kernel.transport.ResumedRead;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.transport.ReadProgress;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A cache below the first one as the loader of the one above: if it breaks, that is a miss, and the
 * rest comes from below it. What its own loader throws is the store's answer and passes through.
 */
final class LowerTier implements BlockLoader {
  private static final Logger LOGGER = System.getLogger(LowerTier.class.getName());

  private final BlockLoader tier;
  private final BlockLoader below;
  private final AtomicBoolean reported;

  /**
   * Creates the loader.
   *
   * @param reported set by the first failure of this cache, which alone is logged
   */
  LowerTier(BlockLoader tier, BlockLoader below, AtomicBoolean reported) {
    this.tier = tier;
    this.below = below;
    this.reported = reported;
  }

  @Override
  public void load(ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    ResumedRead read = new ResumedRead(range, target, progress);
    try {
      tier.load(range, target, read);
    } catch (RuntimeException e) {
      report(reported, e);
      read.rewind();
      if (!read.isComplete()) {
        below.load(read.remaining(), target, read);
      }
    }
  }

  static void report(AtomicBoolean reported, RuntimeException failure) {
    if (reported.compareAndSet(false, true)) {
      LOGGER.log(
          Level.WARNING, "a cache fails and is passed by; further failures are silent", failure);
    }
  }
}
