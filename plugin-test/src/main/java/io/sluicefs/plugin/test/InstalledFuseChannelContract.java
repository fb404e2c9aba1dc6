// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.plugin.test;

import io.sluicefs.spi.fuse.FuseChannelProvider;
import io.sluicefs.spi.testkit.fuse.Capability;
import io.sluicefs.spi.testkit.fuse.FuseChannelContract;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/** The suite of a FUSE channel, with mounts in a folder of the test's own. */
final class InstalledFuseChannelContract extends FuseChannelContract {
  private final InstalledPlugin plugin = ContractTest.PLUGIN.get();
  private final Path working = plugin.folder().empty();

  @Override
  protected FuseChannelProvider provider() {
    return plugin.provider(FuseChannelProvider.class);
  }

  @Override
  protected Map<String, String> settings() {
    return plugin.settings();
  }

  @Override
  protected Set<Capability> lacks() {
    return plugin.lacks();
  }

  @Override
  protected Path workingDirectory() {
    return working;
  }
}
