// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.util.Locale;

/** A bar as wide as what is done of something, for a {@link ProgressLine}. */
final class ProgressBar {
  private static final int WIDTH = 24;
  private static final int MINUTE = 60;
  private static final int HOUR = 60 * MINUTE;

  private ProgressBar() {}

  /** Returns a bar, the per cent, and what is to stand behind them. */
  static String text(double share, String more) {
    double shown = Math.clamp(share, 0, 1);
    int filled = (int) (shown * WIDTH);
    return String.format(
        Locale.ROOT,
        "[%s%s] %3d %%  %s",
        "=".repeat(filled),
        " ".repeat(WIDTH - filled),
        (int) (shown * 100),
        more);
  }

  /** Returns a bar of bytes, with how fast they come and how long the rest will take. */
  static String ofBytes(long done, long all, long bytesPerSecond) {
    long shown = Math.min(done, all);
    String left =
        bytesPerSecond == 0 ? "" : ", %s left".formatted(duration((all - shown) / bytesPerSecond));
    return text(
        all == 0 ? 1 : (double) shown / all,
        "%s of %s, %s/s%s"
            .formatted(
                ByteCount.text(shown), ByteCount.text(all), ByteCount.text(bytesPerSecond), left));
  }

  private static String duration(long seconds) {
    return seconds < HOUR
        ? "%d:%02d".formatted(seconds / MINUTE, seconds % MINUTE)
        : "%d:%02d:%02d".formatted(seconds / HOUR, seconds / MINUTE % MINUTE, seconds % MINUTE);
  }
}
