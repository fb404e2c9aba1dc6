// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.plugin.PluginCatalog;

/**
 * What to mount and where.
 *
 * @param configuration the file
 * @param plugins the installed plugins, borrowed until the mount is closed
 * @param mountpoint where
 * @param nonEmpty whether the mountpoint may have entries, which are hidden meanwhile
 * @param state where the mount is written down for others to find
 * @param log where the daemon's log goes; empty for its error stream
 * @param succession from and to which daemon it passes
 * @param beforeServing called by the thread that opens the mount, right before programs can see it
 */
public record MountRequest(
    Configuration configuration,
    PluginCatalog plugins,
    Mountpoint mountpoint,
    boolean nonEmpty,
    StateFolder state,
    String log,
    Succession succession,
    Runnable beforeServing) {
  /** A mount that begins and ends with its daemon. */
  public MountRequest(
      Configuration configuration,
      PluginCatalog plugins,
      Mountpoint mountpoint,
      boolean nonEmpty,
      StateFolder state,
      String log) {
    this(configuration, plugins, mountpoint, nonEmpty, state, log, Succession.NONE, () -> {});
  }
}
