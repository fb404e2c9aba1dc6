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
  private static final int MOST_READERS = 64;

  static final Setting<Integer> READERS =
      Setting.of(
              "readers",
              "a whole number from 1 to " + MOST_READERS + ", or auto",
              "Threads that wait for requests and answer at once what needs no waiting; auto: one"
                  + " for four processors, 2 to 8.",
              DirectFuseConfig::parseReaders)
          .withDefault("auto");

  static final Setting<Integer> THREADS =
      Setting.integer(
              "threads",
              2,
              1024,
              "Requests answered at once, those that wait included; more are queued, and what needs"
                  + " no waiting passes them.")
          .withDefault("64");

  static final List<Setting<?>> SETTINGS = List.of(READERS, THREADS);

  private static int parseReaders(String text) {
    if (text.equals("auto")) {
      return automaticReaders(Runtime.getRuntime().availableProcessors());
    }
    int value = Integer.parseInt(text);
    if (value < 1 || value > MOST_READERS) {
      throw new IllegalArgumentException("out of range");
    }
    return value;
  }

  /**
   * Linux wakes waiting readers in turn, so that each more makes the caches of all colder; one
   * reader copies several GB/s.
   */
  static int automaticReaders(int processors) {
    return Math.clamp(processors / 4, 2, 8);
  }

  static DirectFuseConfig of(PluginSettings settings) {
    return new DirectFuseConfig(settings.get(READERS), settings.get(THREADS));
  }
}
