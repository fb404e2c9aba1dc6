// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/** The figures of a mount, over HTTP. */
@NullMarked
module io.sluicefs.metrics {
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;
  requires io.prometheus.metrics.model;
  requires io.sluicefs.kernel;
  requires jdk.httpserver;
  requires micrometer.core;
  requires micrometer.registry.prometheus;

  exports io.sluicefs.metrics;
}
