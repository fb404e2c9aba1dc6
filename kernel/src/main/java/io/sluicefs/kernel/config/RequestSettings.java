// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.kernel.integrity.Integrity;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import io.sluicefs.spi.SettingException;
import java.util.List;

/**
 * How objects are asked for.
 *
 * @param reads most reads of objects
 * @param demandReads how many of them only a read somebody waits for gets
 * @param smallestRead fewest bytes fetched for a read that follows no other; 0 to fetch blocks
 * @param retryStragglers whether a read that gets no first byte for much longer than usual is sent
 *     again
 * @param integrity how far what comes is compared with the store's checksums
 */
public record RequestSettings(
    int reads, int demandReads, int smallestRead, boolean retryStragglers, Integrity integrity) {
  private static final Setting<Integer> READS =
      Setting.integer("reads", 2, 65_536, "Most reads of objects under way at once.")
          .withDefault("256");
  private static final Setting<Integer> DEMAND_READS =
      Setting.integer(
              "demand-reads", 1, 65_535, "How many of them are kept for reads somebody waits for.")
          .withDefault("32");

  private static final Setting<Long> SIZE = Setting.size("size", "Bytes.");
  private static final long LEAST_SMALLEST = 4L << 10;
  private static final long MOST_SMALLEST = 64L << 10;
  private static final Setting<Integer> SMALLEST_READ =
      Setting.of(
              "smallest-read",
              "a power of two from 4KiB to 64KiB, or 0",
              "Fewest bytes fetched for a read that is no longer and follows no other; whole blocks"
                  + " of the cache if 0.",
              RequestSettings::parseSmallestRead)
          .withDefault("16KiB");

  private static final Setting<Boolean> RETRY_STRAGGLERS =
      Setting.flag(
              "retry-stragglers",
              "Whether a read is sent again that waits for its first byte three times as long as 95"
                  + " of 100 do, and half a second at least; one of twenty at most.")
          .withDefault("true");

  private static final Setting<Integrity> INTEGRITY =
      Setting.choice(
              "integrity",
              Integrity.class,
              "How far what is read is compared with the store's checksums: strict, every object"
                  + " that is loaded completely, for a request more each; store, what comes with"
                  + " the checksum of just these bytes; off, nothing.")
          .withDefault("store");

  /** The section. */
  public static final Section SECTION =
      new Section(
          "requests",
          "How objects are asked for.",
          List.of(READS, DEMAND_READS, SMALLEST_READ, RETRY_STRAGGLERS, INTEGRITY));

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
    return new RequestSettings(
        reads,
        demandReads,
        settings.get(SMALLEST_READ),
        settings.get(RETRY_STRAGGLERS),
        settings.get(INTEGRITY));
  }

  private static int parseSmallestRead(String text) {
    long size = SIZE.parse(text);
    if (size != 0 && (size < LEAST_SMALLEST || size > MOST_SMALLEST || Long.bitCount(size) != 1)) {
      throw new IllegalArgumentException("not a size of a read");
    }
    return (int) size;
  }
}
