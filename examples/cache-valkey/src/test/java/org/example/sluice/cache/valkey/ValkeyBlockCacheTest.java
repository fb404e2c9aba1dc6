// SPDX-License-Identifier: Apache-2.0
package org.example.sluice.cache.valkey;

import io.sluicefs.spi.cache.BlockCacheProvider;
import io.sluicefs.spi.testkit.cache.BlockCacheContract;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class ValkeyBlockCacheTest extends BlockCacheContract {
  private static ValkeyProcess server;

  @BeforeAll
  static void startTheServer() throws IOException {
    server = ValkeyProcess.start();
  }

  @AfterAll
  static void stopTheServer() {
    server.close();
  }

  @Override
  protected BlockCacheProvider provider() {
    return new ValkeyBlockCacheProvider();
  }

  @Override
  protected Map<String, String> settings() {
    return server.settings();
  }
}
