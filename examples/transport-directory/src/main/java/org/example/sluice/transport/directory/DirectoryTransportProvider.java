// SPDX-License-Identifier: Apache-2.0
package org.example.sluice.transport.directory;

import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SpiVersion;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportProvider;
import java.nio.file.Path;
import java.util.List;

/** Provides the transport named {@code directory}. */
public final class DirectoryTransportProvider implements TransportProvider {
  private static final Setting<Path> ROOT =
      Setting.path("root", "Directory whose directories are the buckets.").required();
  private static final Setting<String> BUCKET =
      Setting.of(
              "bucket",
              "the name of a directory",
              "Which of them to mount.",
              DirectoryTransportProvider::parseName)
          .required();

  @Override
  public PluginDescriptor descriptor() {
    return new PluginDescriptor(
        "directory",
        Axis.TRANSPORT,
        new SpiVersion(SpiVersion.MAJOR, SpiVersion.MINOR),
        List.of(ROOT, BUCKET));
  }

  @Override
  public Transport open(PluginContext context) {
    PluginSettings settings = context.settings();
    return new DirectoryTransport(settings.get(ROOT).resolve(settings.get(BUCKET)));
  }

  private static String parseName(String text) {
    if (text.isEmpty() || text.contains("/") || text.equals(".") || text.equals("..")) {
      throw new IllegalArgumentException("not one name");
    }
    return text;
  }
}
