// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.plugin.test;

import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.BlockCacheProvider;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.testkit.cache.BlockCacheContract;
import java.io.IOException;
import java.util.Map;

/** The suite of a cache. It fills the cache, so that has to be a small one. */
final class InstalledCacheContract extends BlockCacheContract {
  private static final long FEWEST_BLOCKS = 16;
  private static final long MOST_BLOCKS = 256;

  private final InstalledPlugin plugin = ContractTest.PLUGIN.get();

  /**
   * Checks that the settings make a cache the suite can fill.
   *
   * @throws SettingException if they do not
   * @throws IOException if there is no opening it
   */
  static void check(InstalledPlugin plugin) throws SettingException, IOException {
    BlockCacheProvider provider = plugin.provider(BlockCacheProvider.class);
    try (LeakCheckedMemory memory = new LeakCheckedMemory(Long.MAX_VALUE / 2);
        BlockCache cache =
            provider.open(TestContext.of(provider, plugin.settings(), memory).ofOtherBucket())) {
      long blocks = cache.stats().capacityBytes() / cache.blockSize();
      if (blocks < FEWEST_BLOCKS || blocks > MOST_BLOCKS) {
        throw new SettingException(
            "%s: a capacity of %d blocks, and the suite fills caches of %d to %d: give it such a one with --set"
                .formatted(plugin.id(), blocks, FEWEST_BLOCKS, MOST_BLOCKS));
      }
    }
  }

  @Override
  protected BlockCacheProvider provider() {
    return plugin.provider(BlockCacheProvider.class);
  }

  @Override
  protected Map<String, String> settings() {
    return plugin.settings();
  }
}
