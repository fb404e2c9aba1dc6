// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.plugin;

import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.PluginProvider;

/**
 * A plugin that was found and may be opened.
 *
 * @param descriptor what it says of itself
 * @param provider opens it
 * @param origin its folder, or the module that brings it
 */
public record Plugin(PluginDescriptor descriptor, PluginProvider provider, String origin) {
  boolean is(Axis axis, String name) {
    return descriptor.axis() == axis && descriptor.name().equals(name);
  }
}
