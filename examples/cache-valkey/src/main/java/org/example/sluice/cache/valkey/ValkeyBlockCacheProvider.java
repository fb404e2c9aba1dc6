// SPDX-License-Identifier: Apache-2.0
package org.example.sluice.cache.valkey;

import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.SpiVersion;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.BlockCacheProvider;
import java.io.IOException;

/** Provides the cache named {@code valkey}. */
public final class ValkeyBlockCacheProvider implements BlockCacheProvider {
  @Override
  public PluginDescriptor descriptor() {
    return new PluginDescriptor(
        "valkey",
        Axis.CACHE,
        new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR),
        ValkeyCacheConfig.SETTINGS);
  }

  @Override
  public BlockCache open(PluginContext context) throws SettingException, IOException {
    ValkeyCacheConfig config = ValkeyCacheConfig.of(context.settings());
    return new ValkeyBlockCache(config, ValkeyServer.connect(config), context);
  }
}
