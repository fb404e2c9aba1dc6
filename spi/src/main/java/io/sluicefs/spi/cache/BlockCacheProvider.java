// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.cache;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginProvider;
import io.sluicefs.spi.SettingException;
import java.io.IOException;

/** Makes block caches. */
public interface BlockCacheProvider extends PluginProvider {
  /**
   * Opens a cache.
   *
   * @throws SettingException if settings contradict each other or the budget
   * @throws IOException if what it stands on (a directory, a server) cannot be used
   */
  @MustBeClosed
  BlockCache open(PluginContext context) throws SettingException, IOException;
}
