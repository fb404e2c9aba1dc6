// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import java.time.Duration;
import java.util.List;

/**
 * How a daemon ends that is asked to.
 *
 * @param deadline how long it finishes what was begun
 */
public record ShutdownSettings(Duration deadline) {
  private static final Setting<Duration> DEADLINE =
      Setting.duration(
              "deadline",
              "How long a daemon that is told to end (SIGTERM) finishes uploads of files that were"
                  + " being closed. What is not stored by then, or still open, is kept in the"
                  + " staging folder where there is one, and the exit status is 1.")
          .withDefault("25s");

  /** The section. */
  public static final Section SECTION =
      new Section("shutdown", "How a daemon ends that is asked to.", List.of(DEADLINE));

  /** Returns the values of the section's settings. */
  public static ShutdownSettings of(PluginSettings settings) {
    return new ShutdownSettings(settings.get(DEADLINE));
  }
}
