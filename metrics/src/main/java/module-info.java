// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/** The figures of a mount, over HTTP. */
@NullMarked
module io.sluicefs.metrics {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.prometheus.metrics.model;
  requires transitive io.sluicefs.kernel;
  requires jdk.httpserver;
  requires micrometer.core;
  requires micrometer.registry.prometheus;

  uses io.sluicefs.metrics.MetricsExporter;

  exports io.sluicefs.metrics;
}
