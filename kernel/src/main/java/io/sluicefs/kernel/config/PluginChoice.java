// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.spi.Axis;

/**
 * A plugin the configuration asks for.
 *
 * @param axis the axis it fills
 * @param name its name in the axis
 * @param origin where the configuration names it, or {@code "default"}
 */
public record PluginChoice(Axis axis, String name, String origin) {
  static final String DEFAULT = "default";

  /** Returns whether the configuration leaves the choice to the kernel. */
  public boolean isDefault() {
    return origin.equals(DEFAULT);
  }

  /** Returns the path of the plugin's section: {@code transport.s3}. */
  public String section() {
    return axis.section() + "." + name;
  }
}
