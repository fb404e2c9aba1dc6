// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.SpiVersion;
import io.sluicefs.spi.cache.BlockCacheProvider;
import io.sluicefs.spi.cache.KeptCache;
import java.io.IOException;
import java.util.Optional;

/** Provides the cache named {@code disk-lmdb}. */
public final class LmdbBlockCacheProvider implements BlockCacheProvider {
  @Override
  public PluginDescriptor descriptor() {
    return new PluginDescriptor(
        "disk-lmdb",
        Axis.CACHE,
        new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR),
        LmdbCacheConfig.SETTINGS);
  }

  @Override
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned
  public LmdbBlockCache open(PluginContext context) throws SettingException, IOException {
    LmdbCacheConfig config = config(context);
    CacheDirectory directory = new CacheDirectory(config.path(), context.settings());
    directory.prepare(context.mountpoint());
    LmdbBlockCache cache = LmdbBlockCache.open(directory, config, context);
    cache.show(context.metrics());
    return cache;
  }

  @Override
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned
  public Optional<KeptCache> openKept(PluginContext context) throws SettingException, IOException {
    LmdbCacheConfig config = config(context);
    CacheDirectory directory = new CacheDirectory(config.path(), context.settings());
    directory.requireMade();
    return Optional.of(LmdbKeptCache.open(directory, config, context));
  }

  private static LmdbCacheConfig config(PluginContext context) throws SettingException {
    return LmdbCacheConfig.of(context.settings(), context.memory().limit());
  }
}
