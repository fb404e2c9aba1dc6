// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.SpiVersion;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.PrefetcherProvider;

/** Makes prefetchers for model files. */
public final class ModelPrefetcherProvider implements PrefetcherProvider {
  /** Creates the provider, for the service loader. */
  public ModelPrefetcherProvider() {}

  @Override
  public PluginDescriptor descriptor() {
    return new PluginDescriptor(
        "model",
        Axis.PREFETCH,
        new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR),
        ModelPrefetchConfig.SETTINGS);
  }

  @Override
  @MustBeClosed
  public Prefetcher open(PluginContext context) throws SettingException {
    return new ModelPrefetcher(ModelPrefetchConfig.of(context.settings()));
  }
}
