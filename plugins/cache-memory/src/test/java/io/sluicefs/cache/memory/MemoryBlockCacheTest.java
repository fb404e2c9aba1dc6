// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import io.sluicefs.spi.cache.BlockCacheProvider;
import io.sluicefs.spi.testkit.cache.BlockCacheContract;
import java.util.Map;

class MemoryBlockCacheTest extends BlockCacheContract {
  @Override
  protected BlockCacheProvider provider() {
    return new MemoryBlockCacheProvider();
  }

  @Override
  protected Map<String, String> settings() {
    return Map.of("block-size", "64KiB", "capacity", "2MiB");
  }
}
