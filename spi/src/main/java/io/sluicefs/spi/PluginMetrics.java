// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * Where a plugin shows figures of its own to an operator. They are asked for when somebody looks,
 * from any thread, until the plugin is closed: a figure answers at once, without waiting and
 * without failing. Names are lower-kebab and end in the unit, {@code idle-connections}, {@code
 * copied-bytes}; the exporter puts the plugin's name to them.
 *
 * @since 1.2
 */
public interface PluginMetrics {
  /** Shows nothing to anybody. */
  PluginMetrics NONE =
      new PluginMetrics() {
        @Override
        public void counter(String name, String description, LongSupplier value) {}

        @Override
        public void gauge(String name, String description, DoubleSupplier value) {}
      };

  /**
   * Shows a count that only grows, from 0 when the plugin was opened.
   *
   * @param description one sentence for whoever reads the figure
   * @throws IllegalArgumentException if the plugin has a figure of this name, or it is no name
   */
  void counter(String name, String description, LongSupplier value);

  /**
   * Shows what is the case now.
   *
   * @param description one sentence for whoever reads the figure
   * @throws IllegalArgumentException if the plugin has a figure of this name, or it is no name
   */
  void gauge(String name, String description, DoubleSupplier value);
}
