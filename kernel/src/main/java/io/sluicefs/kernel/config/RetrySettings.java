// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.kernel.transport.RetryPolicy;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Setting;
import java.time.Duration;
import java.util.List;

/** When a failed request is sent again. */
public final class RetrySettings {
  private static final Setting<Duration> DEADLINE =
      Setting.duration(
              "deadline", "How long a request that may succeed later is repeated before it fails.")
          .withDefault("50s");
  private static final Setting<Duration> UPLOAD_DEADLINE =
      Setting.duration("upload-deadline", "The same for sending a part of an upload.")
          .withDefault("50s");
  private static final Setting<Duration> FIRST_PAUSE =
      Setting.duration("first-pause", "Pause before the second attempt; doubled for each further.")
          .withDefault("50ms");
  private static final Setting<Duration> THROTTLED_PAUSE =
      Setting.duration("throttled-pause", "The same when the store asks to slow down.")
          .withDefault("500ms");
  private static final Setting<Duration> LONGEST_PAUSE =
      Setting.duration("longest-pause", "Longest pause between two attempts.").withDefault("8s");

  /** The section. */
  public static final Section SECTION =
      new Section(
          "retry",
          "When a failed request is sent again.",
          List.of(DEADLINE, UPLOAD_DEADLINE, FIRST_PAUSE, THROTTLED_PAUSE, LONGEST_PAUSE));

  private RetrySettings() {}

  /** Linux asks once more for what it did not get; the rest of the time is for that. */
  private static Duration forFirstRead(Duration deadline) {
    return deadline.multipliedBy(3).dividedBy(4);
  }

  /** Returns the values of the section's settings. */
  public static RetryPolicy of(PluginSettings settings) {
    return new RetryPolicy(
        settings.get(FIRST_PAUSE),
        settings.get(THROTTLED_PAUSE),
        settings.get(LONGEST_PAUSE),
        forFirstRead(settings.get(DEADLINE)),
        settings.get(DEADLINE),
        settings.get(UPLOAD_DEADLINE),
        RetryPolicy.CORRUPT_DEADLINE);
  }
}
