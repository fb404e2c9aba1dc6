// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import java.util.List;

/**
 * How many requests are under way at once.
 *
 * @param reads most reads of objects
 * @param demandReads how many of them only a read somebody waits for gets
 */
public record RequestSettings(int reads, int demandReads) {
  private static final Setting<Integer> READS =
      Setting.integer("reads", 2, 65_536, "Most reads of objects under way at once.")
          .withDefault("256");
  private static final Setting<Integer> DEMAND_READS =
      Setting.integer(
              "demand-reads", 1, 65_535, "How many of them are kept for reads somebody waits for.")
          .withDefault("32");

  /** The section. */
  public static final Section SECTION =
      new Section(
          "requests", "How many requests are under way at once.", List.of(READS, DEMAND_READS));

  /**
   * Returns the values of the section's settings.
   *
   * @throws SettingException if they leave nothing for read-ahead
   */
  public static RequestSettings of(PluginSettings settings) throws SettingException {
    int reads = settings.get(READS);
    int demandReads = settings.get(DEMAND_READS);
    if (demandReads >= reads) {
      throw settings.error(DEMAND_READS, "expected less than requests.reads, which is " + reads);
    }
    return new RequestSettings(reads, demandReads);
  }

  /** Returns the most reads under way that nobody waits for. */
  public int readAheadReads() {
    return reads - demandReads;
  }
}
