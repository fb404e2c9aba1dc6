// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

/**
 * What the kernel hands to a plugin when it opens it. Valid until the plugin is closed. A plugin
 * logs through {@link System#getLogger}, which the daemon routes to its own log.
 */
public interface PluginContext {
  /** Returns the plugin's section of the configuration, already checked against its descriptor. */
  PluginSettings settings();

  /** Returns the one budget all bulk memory of the process comes from. */
  MemoryBudget memory();
}
