// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.cache;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginProvider;
import io.sluicefs.spi.SettingException;
import java.io.IOException;
import java.util.Optional;

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

  /**
   * Opens what a cache of these settings keeps beyond the process that filled it, for an operator,
   * whether or not a mount uses it now. Empty if this kind of cache keeps nothing.
   *
   * @param context without location and mountpoint
   * @throws SettingException if settings contradict each other
   * @throws IOException if there is nothing there, or it cannot be used
   * @since 1.1
   */
  default Optional<KeptCache> openKept(PluginContext context) throws SettingException, IOException {
    return Optional.empty();
  }
}
