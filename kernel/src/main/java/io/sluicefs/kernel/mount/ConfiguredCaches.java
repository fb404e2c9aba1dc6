// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.plugin.PluginCatalog;
import io.sluicefs.kernel.plugin.PluginException;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.cache.KeptCache;
import java.io.IOException;

/** The caches of a configuration without a mount. */
public final class ConfiguredCaches {
  private ConfiguredCaches() {}

  /**
   * Opens what the first cache keeps that keeps anything beyond a mount; the store is not asked.
   *
   * @param plugins borrowed until what is returned is closed
   * @throws IOException if no cache keeps anything, or it cannot be used
   */
  @MustBeClosed
  public static KeptCache openKept(Configuration configuration, PluginCatalog plugins)
      throws SettingException, PluginException, IOException {
    return new OpenPlugins(configuration, plugins, Mount.budget(configuration), new Place(null))
        .keptCache();
  }
}
