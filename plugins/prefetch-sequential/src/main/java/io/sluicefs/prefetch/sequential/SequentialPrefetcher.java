// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.sequential;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.prefetch.PrefetchLimits;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.ReadAhead;

/** Plans each handle by what it read itself. */
final class SequentialPrefetcher implements Prefetcher {
  private volatile SequentialPrefetchConfig config;

  SequentialPrefetcher(SequentialPrefetchConfig config) {
    this.config = config;
  }

  @Override
  public ReadAhead open(ObjectId id, long size) {
    return new SequentialReadAhead(config, size);
  }

  @Override
  public PrefetchLimits limits() {
    return config.limits();
  }

  @Override
  public void reconfigure(PluginSettings settings) throws SettingException {
    config = SequentialPrefetchConfig.of(settings);
  }
}
