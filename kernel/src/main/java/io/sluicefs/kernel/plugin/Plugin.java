// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.plugin;

import io.sluicefs.spi.Axis;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.PluginProvider;
import java.lang.module.ModuleDescriptor;
import java.util.Optional;

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

  /** Returns its name with its axis, as in the configuration: {@code transport.s3}. */
  public String id() {
    return descriptor.axis().section() + "." + descriptor.name();
  }

  /** Returns the version of its module, if that says one. */
  public Optional<String> version() {
    return Optional.ofNullable(provider.getClass().getModule().getDescriptor())
        .flatMap(ModuleDescriptor::rawVersion);
  }

  /** Returns the error of a plugin that breaks when it is opened. */
  public PluginException broken(Throwable failure) {
    return new PluginException(
        "%s: %s does not open: %s".formatted(origin, id(), PluginService.reason(failure)), failure);
  }
}
