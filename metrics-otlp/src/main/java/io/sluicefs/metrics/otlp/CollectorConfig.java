// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.metrics.otlp;

import io.micrometer.registry.otlp.OtlpConfig;
import io.sluicefs.kernel.config.OtlpSettings;
import io.sluicefs.kernel.mount.MountFigures;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What Micrometer is told: all of it from the configuration, nothing from the environment. */
final class CollectorConfig implements OtlpConfig {
  private final URI endpoint;
  private final OtlpSettings settings;
  private final MountFigures figures;

  CollectorConfig(URI endpoint, OtlpSettings settings, MountFigures figures) {
    this.endpoint = endpoint;
    this.settings = settings;
    this.figures = figures;
  }

  @Override
  public @Nullable String get(String key) {
    return null;
  }

  @Override
  public String url() {
    return endpoint.toString();
  }

  @Override
  public Duration step() {
    return settings.interval();
  }

  @Override
  public Map<String, String> headers() {
    Map<String, String> headers = new LinkedHashMap<>();
    settings
        .headers()
        .ifPresent(
            secret -> {
              for (String header : secret.reveal(String::new).split(",", -1)) {
                int equals = header.indexOf('=');
                if (equals > 0) {
                  headers.put(
                      header.substring(0, equals).strip(), header.substring(equals + 1).strip());
                }
              }
            });
    return headers;
  }

  @Override
  public Map<String, String> resourceAttributes() {
    return Map.of("service.name", "sluice", "sluice.source", figures.source());
  }
}
