// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.kernel.mount.MountException;
import io.sluicefs.kernel.plugin.PluginCatalog;
import java.nio.file.Path;

/** Where the release was unpacked to, as the launcher says in {@code sluice.home}. */
final class Home {
  private Home() {}

  /** Returns the catalog of the installed plugins. */
  @MustBeClosed
  static PluginCatalog plugins() throws MountException {
    return new PluginCatalog(folder("plugins"));
  }

  /** Returns the path of a folder in it. */
  static Path folder(String name) throws MountException {
    String home = System.getProperty("sluice.home");
    if (home == null || home.isEmpty()) {
      throw new MountException("sluice.home is not set; start with bin/sluice");
    }
    return Path.of(home, name);
  }
}
