// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.metrics;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.sluicefs.kernel.mount.MountFigures;

/** The figures as text for Prometheus. Thread-safe. */
final class Exposition {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  @GuardedBy("this")
  private final MountMeters meters;

  Exposition(MountFigures figures) {
    registry.config().commonTags("mountpoint", figures.mountpoint().toString());
    registry.throwExceptionOnRegistrationFailure();
    registry.getPrometheusRegistry().register(new LatencyCollector(figures));
    meters = new MountMeters(figures, registry);
    meters.bind();
  }

  /** Returns the text, in version 0.0.4 of its format. */
  synchronized String text() {
    meters.bindPlugins();
    return registry.scrape();
  }
}
