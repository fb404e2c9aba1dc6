// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.metrics;

import io.sluicefs.spi.PluginMetrics;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/** The figures plugins show, each with the plugin it is of. Thread-safe. */
public final class PluginMeters {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");

  /**
   * One figure.
   *
   * @param plugin {@code transport.s3}
   * @param name in lower-kebab
   * @param description one sentence
   * @param isCounter whether it only grows
   * @param value asked when somebody looks
   */
  public record Meter(
      String plugin, String name, String description, boolean isCounter, DoubleSupplier value) {}

  private final List<Meter> meters = new CopyOnWriteArrayList<>();

  /** Creates an empty list. */
  public PluginMeters() {}

  /** Returns what a plugin registers its figures with. */
  public PluginMetrics of(String plugin) {
    return new PluginMetrics() {
      @Override
      public void counter(String name, String description, LongSupplier value) {
        add(new Meter(plugin, name, description, true, value::getAsLong));
      }

      @Override
      public void gauge(String name, String description, DoubleSupplier value) {
        add(new Meter(plugin, name, description, false, value));
      }
    };
  }

  private synchronized void add(Meter meter) {
    if (!NAME.matcher(meter.name).matches()) {
      throw new IllegalArgumentException(meter.name + ": not a name in lower-kebab");
    }
    if (meters.stream()
        .anyMatch(other -> other.plugin.equals(meter.plugin) && other.name.equals(meter.name))) {
      throw new IllegalArgumentException(meter.plugin + " shows " + meter.name + " already");
    }
    meters.add(meter);
  }

  /** Returns all figures, in the order they were registered. */
  public List<Meter> all() {
    return List.copyOf(meters);
  }
}
