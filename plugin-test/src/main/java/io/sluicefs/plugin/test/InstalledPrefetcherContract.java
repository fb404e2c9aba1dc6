// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.plugin.test;

import io.sluicefs.spi.prefetch.PrefetcherProvider;
import io.sluicefs.spi.testkit.prefetch.PrefetcherContract;
import java.util.Map;

/** The suite of a prefetcher, with files nobody knows a format of. */
final class InstalledPrefetcherContract extends PrefetcherContract {
  private final InstalledPlugin plugin = ContractTest.PLUGIN.get();

  @Override
  protected PrefetcherProvider provider() {
    return plugin.provider(PrefetcherProvider.class);
  }

  @Override
  protected Map<String, String> settings() {
    return plugin.settings();
  }

  @Override
  protected boolean plansItsFiles() {
    return false;
  }
}
