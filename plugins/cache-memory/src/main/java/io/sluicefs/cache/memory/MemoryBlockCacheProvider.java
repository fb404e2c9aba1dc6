// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.SpiVersion;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.BlockCacheProvider;

/** Provides the cache named {@code memory}. */
public final class MemoryBlockCacheProvider implements BlockCacheProvider {
  @Override
  public PluginDescriptor descriptor() {
    return new PluginDescriptor(
        "memory",
        Axis.CACHE,
        new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR),
        MemoryCacheConfig.SETTINGS);
  }

  @Override
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned
  public BlockCache open(PluginContext context) throws SettingException {
    MemoryBlockCache cache =
        new MemoryBlockCache(
            MemoryCacheConfig.of(context.settings(), context.memory().limit()), context.memory());
    cache.show(context.metrics());
    return cache;
  }
}
