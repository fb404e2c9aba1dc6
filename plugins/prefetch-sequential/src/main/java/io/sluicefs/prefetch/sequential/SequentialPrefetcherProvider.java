// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.sequential;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.SpiVersion;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.PrefetcherProvider;

/** Makes prefetchers for files read in order. */
public final class SequentialPrefetcherProvider implements PrefetcherProvider {
  /** Creates the provider, for the service loader. */
  public SequentialPrefetcherProvider() {}

  @Override
  public PluginDescriptor descriptor() {
    return new PluginDescriptor(
        "sequential",
        Axis.PREFETCH,
        new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR),
        SequentialPrefetchConfig.SETTINGS);
  }

  @Override
  @MustBeClosed
  public Prefetcher open(PluginContext context) throws SettingException {
    return new SequentialPrefetcher(SequentialPrefetchConfig.of(context.settings()));
  }
}
