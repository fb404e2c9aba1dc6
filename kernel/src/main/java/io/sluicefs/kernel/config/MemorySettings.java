// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import java.util.List;
import java.util.OptionalLong;

/**
 * How much memory the daemon takes for data.
 *
 * @param limit bytes; empty to go by the machine or the control group
 */
public record MemorySettings(OptionalLong limit) {
  /**
   * Enough for the threads of a FUSE channel, a request of read-ahead and the blocks of some reads.
   */
  private static final String LEAST = "16MiB";

  private static final Setting<Long> LIMIT =
      Setting.size(
          "limit",
          LEAST,
          "Most memory for data of all kinds together; half of the machine's or the control group's"
              + " memory when not given.");

  /** The section. */
  public static final Section SECTION =
      new Section("memory", "How much memory the daemon takes for data.", List.of(LIMIT));

  /** Returns the values of the section's settings. */
  public static MemorySettings of(PluginSettings settings) {
    return new MemorySettings(
        settings.find(LIMIT).map(OptionalLong::of).orElseGet(OptionalLong::empty));
  }
}
