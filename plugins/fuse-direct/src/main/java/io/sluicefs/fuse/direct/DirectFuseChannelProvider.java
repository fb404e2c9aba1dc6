// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.SpiVersion;
import io.sluicefs.spi.fuse.FuseChannel;
import io.sluicefs.spi.fuse.FuseChannelProvider;
import io.sluicefs.spi.fuse.FuseHandover;
import io.sluicefs.spi.fuse.MountOptions;
import java.io.IOException;

/** Makes channels on /dev/fuse. */
public final class DirectFuseChannelProvider implements FuseChannelProvider {
  /** Called by the service loader. */
  public DirectFuseChannelProvider() {}

  @Override
  public PluginDescriptor descriptor() {
    return new PluginDescriptor(
        "direct",
        Axis.FUSE,
        new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR),
        DirectFuseConfig.SETTINGS);
  }

  @Override
  @MustBeClosed
  public FuseChannel open(PluginContext context, MountOptions options) throws IOException {
    DirectFuseConfig config = DirectFuseConfig.of(context.settings());
    return DirectFuseChannel.open(config, options, context.memory());
  }

  @Override
  @MustBeClosed
  public FuseChannel takeOver(PluginContext context, MountOptions options, FuseHandover handover)
      throws IOException {
    DirectFuseConfig config = DirectFuseConfig.of(context.settings());
    return DirectFuseChannel.takeOver(config, options, context.memory(), handover);
  }
}
