// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import java.time.Duration;
import java.util.List;

/**
 * How long names and attributes are believed without asking the store.
 *
 * @param attributeTtl for what exists
 * @param negativeTtl for what does not exist
 * @param negativeCapacity most absent names kept
 */
public record MetadataSettings(Duration attributeTtl, Duration negativeTtl, int negativeCapacity) {
  private static final Setting<Duration> ATTRIBUTE_TTL =
      Setting.duration("attribute-ttl", "How long names, sizes and listings are believed.")
          .withDefault("60s")
          .live();
  private static final Setting<Duration> NEGATIVE_TTL =
      Setting.duration("negative-ttl", "How long the absence of a name is believed.")
          .withDefault("0")
          .live();
  private static final Setting<Integer> NEGATIVE_CAPACITY =
      Setting.integer("negative-capacity", 0, 10_000_000, "Most absent names to remember.")
          .withDefault("10000");

  /** The section. */
  public static final Section SECTION =
      new Section(
          "metadata",
          "How long names and attributes are believed without asking the store.",
          List.of(ATTRIBUTE_TTL, NEGATIVE_TTL, NEGATIVE_CAPACITY));

  /** Returns the values of the section's settings. */
  public static MetadataSettings of(PluginSettings settings) {
    return new MetadataSettings(
        settings.get(ATTRIBUTE_TTL), settings.get(NEGATIVE_TTL), settings.get(NEGATIVE_CAPACITY));
  }
}
