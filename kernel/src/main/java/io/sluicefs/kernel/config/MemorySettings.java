// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.kernel.memory.MemoryLimit;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import java.util.List;
import java.util.OptionalLong;

/**
 * How much memory the daemon takes.
 *
 * @param limit bytes; empty to go by the machine or the control group
 */
public record MemorySettings(OptionalLong limit) {
  private static final Setting<Long> LIMIT =
      Setting.size(
              "limit",
              mebibytes(MemoryLimit.LEAST),
              "Most memory the daemon takes: "
                  + mebibytes(MemoryLimit.RUNTIME)
                  + " for the Java runtime, the rest for data of all kinds together. What hundreds"
                  + " of thousands of listed names take comes on top, 300 bytes each. Half of the"
                  + " machine's or the control group's memory when not given.")
          .live();

  /** The section. */
  public static final Section SECTION =
      new Section("memory", "How much memory the daemon takes.", List.of(LIMIT));

  private static String mebibytes(long bytes) {
    return (bytes >> 20) + "MiB";
  }

  /** Returns the values of the section's settings. */
  public static MemorySettings of(PluginSettings settings) {
    return new MemorySettings(
        settings.find(LIMIT).map(OptionalLong::of).orElseGet(OptionalLong::empty));
  }

  /**
   * Checks that the limit is one Linux would ever let the daemon come to: above it the daemon would
   * be killed instead of making do.
   *
   * @param total bytes the machine or the control group has
   * @throws SettingException if the limit is more than that
   */
  public void checkWithin(long total, PluginSettings settings) throws SettingException {
    if (limit.isPresent() && limit.getAsLong() > total) {
      throw settings.error(
          LIMIT,
          "%s is more than the %s of this machine or control group; set less, or leave it out for half"
              .formatted(mebibytes(limit.getAsLong()), mebibytes(total)));
    }
  }
}
