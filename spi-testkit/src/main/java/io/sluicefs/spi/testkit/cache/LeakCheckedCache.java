// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.cache;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.cache.CacheStats;
import io.sluicefs.spi.cache.ObjectBlocks;
import java.util.SequencedMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A cache that remembers the stack of every attach and every lease. Closing it closes the cache
 * under it and fails if any is still open, or was closed twice or used after its close.
 */
public final class LeakCheckedCache implements BlockCache {
  private final BlockCache cache;
  private final Leaks leaks = new Leaks();
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Checks {@code cache}, which this takes over. */
  public LeakCheckedCache(BlockCache cache) {
    this.cache = cache;
  }

  @Override
  public int blockSize() {
    return cache.blockSize();
  }

  @Override
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // what is returned closes it
  public ObjectBlocks attach(ObjectId id, long size, BlockLoader loader) {
    if (closed.get()) {
      leaks.misused("attach to " + id + " after the cache was closed");
    }
    return new LeakCheckedBlocks(id, cache.attach(id, size, loader), leaks);
  }

  @Override
  public void discard(ObjectId id, long size) {
    cache.discard(id, size);
  }

  @Override
  public CacheStats stats() {
    return cache.stats();
  }

  @Override
  public SequencedMap<String, Long> counters() {
    return cache.counters();
  }

  @Override
  public void reconfigure(PluginSettings settings) throws SettingException {
    cache.reconfigure(settings);
  }

  @Override
  public void close() {
    cache.close();
    if (closed.compareAndSet(false, true)) {
      leaks.verify();
    }
  }
}
