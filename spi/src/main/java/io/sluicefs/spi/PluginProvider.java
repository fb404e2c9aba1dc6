// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

/**
 * What every provider interface of an axis extends. A provider has a public constructor without
 * parameters that does nothing, and is found by {@link java.util.ServiceLoader}.
 */
public interface PluginProvider {
  /** Returns the plugin's description; the same at every call, without side effects. */
  PluginDescriptor descriptor();
}
