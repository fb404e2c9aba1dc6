// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.SpiVersion;
import io.sluicefs.spi.fuse.FuseChannel;
import io.sluicefs.spi.fuse.FuseChannelProvider;
import io.sluicefs.spi.fuse.MountOptions;
import java.io.IOException;

/** Makes channels on libfuse 2. */
public final class JnrFuseChannelProvider implements FuseChannelProvider {
  /** Called by the service loader. */
  public JnrFuseChannelProvider() {}

  @Override
  public PluginDescriptor descriptor() {
    return new PluginDescriptor(
        "jnr",
        Axis.FUSE,
        new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR),
        JnrFuseConfig.SETTINGS);
  }

  @Override
  @MustBeClosed
  public FuseChannel open(PluginContext context, MountOptions options) throws IOException {
    JnrFuseConfig config = JnrFuseConfig.of(context.settings());
    return JnrFuseChannel.open(config, options, context.memory());
  }
}
