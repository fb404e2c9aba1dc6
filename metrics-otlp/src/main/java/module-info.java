// SPDX-License-Identifier: Apache-2.0
import org.jspecify.annotations.NullMarked;

/** Sends the figures of a mount as OTLP over HTTP. */
@NullMarked
module io.sluicefs.metrics.otlp {
  requires static org.jspecify;
  requires io.sluicefs.metrics;
  requires micrometer.core;
  requires micrometer.registry.otlp;

  provides io.sluicefs.metrics.MetricsExporter with
      io.sluicefs.metrics.otlp.OtlpExporter;
}
