// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.prefetch;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginProvider;
import io.sluicefs.spi.SettingException;

/** Makes prefetchers. */
public interface PrefetcherProvider extends PluginProvider {
  /**
   * Opens a prefetcher.
   *
   * @throws SettingException if settings contradict each other
   */
  @MustBeClosed
  Prefetcher open(PluginContext context) throws SettingException;
}
