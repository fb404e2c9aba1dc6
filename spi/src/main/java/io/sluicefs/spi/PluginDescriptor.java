// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

import java.util.List;

/**
 * What a plugin says of itself before anything of it runs.
 *
 * @param name the name in the configuration, lower-kebab, unique in its axis: {@code s3}
 * @param axis the axis it fills
 * @param spiVersion the version it was built against; write {@code new SpiVersion(SpiVersion.MAJOR,
 *     SpiVersion.MINOR)}, whose constants the compiler fixes at the plugin's build
 * @param settings every setting it understands; any other key in its section is refused
 */
public record PluginDescriptor(
    String name, Axis axis, SpiVersion spiVersion, List<Setting<?>> settings) {
  public PluginDescriptor {
    if (!name.matches("[a-z][a-z0-9]*(-[a-z0-9]+)*")) {
      throw new IllegalArgumentException("a plugin's name is lower-kebab, not '" + name + "'");
    }
    settings = List.copyOf(settings);
  }
}
