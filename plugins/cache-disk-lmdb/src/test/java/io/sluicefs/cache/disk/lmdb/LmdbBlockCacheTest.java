// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import io.sluicefs.spi.cache.BlockCacheProvider;
import io.sluicefs.spi.testkit.cache.BlockCacheContract;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

class LmdbBlockCacheTest extends BlockCacheContract {
  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path folder;

  @Override
  protected BlockCacheProvider provider() {
    return new LmdbBlockCacheProvider();
  }

  @Override
  protected Map<String, String> settings() throws Exception {
    return settings(Files.createTempDirectory(folder, "cache"));
  }

  /** Returns settings of a small cache in a directory. */
  static Map<String, String> settings(Path directory) {
    return Map.of(
        "path", directory.toString(),
        "block-size", "64KiB",
        "max-size", "5MiB",
        "free-space-floor", "0");
  }
}
