// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import java.util.List;

/**
 * Whether anything is measured.
 *
 * @param enabled whether operations are counted and timed, and shown
 */
public record MetricsSettings(boolean enabled) {
  private static final Setting<Boolean> ENABLED =
      Setting.flag(
              "enabled",
              "Count and time what Linux asks. Without it there is no page and nothing for"
                  + " Prometheus or a collector, and sluice stats shows no operations.")
          .withDefault("true");

  /** The section. */
  public static final Section SECTION =
      new Section("metrics", "Whether anything is measured.", List.of(ENABLED));

  /** Returns the values of the section's settings. */
  public static MetricsSettings of(PluginSettings settings) {
    return new MetricsSettings(settings.get(ENABLED));
  }
}
