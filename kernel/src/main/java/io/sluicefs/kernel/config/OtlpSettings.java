// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.config;

import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.Secret;
import io.sluicefs.spi.Setting;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Where the figures of a mount are sent.
 *
 * @param endpoint of the collector; empty to send nothing
 * @param interval between two times
 * @param headers of each request, {@code name=value} with commas between them
 */
public record OtlpSettings(Optional<URI> endpoint, Duration interval, Optional<Secret> headers) {
  private static final Duration LEAST = Duration.ofSeconds(1);

  private static final Setting<URI> ENDPOINT =
      Setting.url(
          "endpoint",
          "URL of a collector that takes OTLP over HTTP, such as"
              + " http://localhost:4318/v1/metrics; nothing is sent when not given.");
  private static final Setting<Duration> SETTING_OF_TIME = Setting.duration("time", "A time.");
  private static final Setting<Duration> INTERVAL =
      Setting.<Duration>of(
              "interval",
              "a time of at least 1s",
              "How often the figures are sent.",
              text -> {
                Duration interval = SETTING_OF_TIME.parse(text);
                if (interval.compareTo(LEAST) < 0) {
                  throw new IllegalArgumentException("too short");
                }
                return interval;
              })
          .withDefault("60s");
  private static final Setting<Secret> HEADERS =
      Setting.secret(
          "headers",
          "Headers of each request, name=value with commas between them, for a collector that asks"
              + " for a key.");

  /** The section. */
  public static final Section SECTION =
      new Section(
          "metrics.otlp",
          "A collector of OpenTelemetry the figures of a mount are sent to.",
          List.of(ENDPOINT, INTERVAL, HEADERS));

  /** Returns the values of the section's settings. */
  public static OtlpSettings of(PluginSettings settings) {
    return new OtlpSettings(
        settings.find(ENDPOINT), settings.get(INTERVAL), settings.find(HEADERS));
  }
}
