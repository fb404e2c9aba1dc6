// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import java.util.List;

/**
 * The plugin's settings.
 *
 * @param readers threads that wait for requests when all is quiet
 * @param threads requests answered at once
 */
record DirectFuseConfig(int readers, int threads) {
  static final Setting<Integer> READERS =
      Setting.integer(
              "readers",
              1,
              64,
              "Threads that wait for requests and answer at once what needs no waiting.")
          .withDefault("4");

  static final Setting<Integer> THREADS =
      Setting.integer(
              "threads",
              2,
              1024,
              "Requests answered at once, those that wait included; more are queued, and what needs"
                  + " no waiting passes them.")
          .withDefault("64");

  static final List<Setting<?>> SETTINGS = List.of(READERS, THREADS);

  static DirectFuseConfig of(PluginSettings settings) {
    return new DirectFuseConfig(settings.get(READERS), settings.get(THREADS));
  }
}
