// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.sluicefs.kernel.metrics.Latency;
import io.sluicefs.kernel.metrics.OperationCounters.Operation;
import io.sluicefs.kernel.mount.MountFigures;
import io.sluicefs.kernel.transport.TransportCounters.Request;
import java.util.List;
import java.util.Locale;

/**
 * Hands the kernel's histograms over as they are. A timer of Micrometer would have to see every
 * read, and costs more than a read from memory may.
 */
final class LatencyCollector implements MultiCollector {
  static final String OPERATIONS = "sluice_operation_seconds";
  static final String REQUESTS = "sluice_request_seconds";

  private static final double NANOS = 1e9;

  private final MountFigures figures;
  private final String mountpoint;

  LatencyCollector(MountFigures figures) {
    this.figures = figures;
    this.mountpoint = figures.mountpoint().toString();
  }

  @Override
  public List<String> getPrometheusNames() {
    return List.of(OPERATIONS, REQUESTS);
  }

  @Override
  public MetricSnapshots collect() {
    HistogramSnapshot.Builder operations =
        HistogramSnapshot.builder()
            .name(OPERATIONS)
            .help("How long the answers to operations of Linux took.");
    for (Operation operation : Operation.values()) {
      add(operations, "operation", operation.label(), figures.operations().latency(operation));
    }
    HistogramSnapshot.Builder requests =
        HistogramSnapshot.builder()
            .name(REQUESTS)
            .help("How long requests to the store took, to their last byte.");
    for (Request request : Request.values()) {
      add(
          requests,
          "request",
          request.name().toLowerCase(Locale.ROOT),
          figures.store().latency(request));
    }
    return MetricSnapshots.of(operations.build(), requests.build());
  }

  private void add(HistogramSnapshot.Builder histogram, String label, String kind, Latency of) {
    if (of.count() == 0) {
      return;
    }
    ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
    for (int i = 0; i < Latency.buckets(); i++) {
      buckets.bucket(Latency.boundSeconds(i), of.count(i));
    }
    histogram.dataPoint(
        HistogramDataPointSnapshot.builder()
            .labels(Labels.of(label, kind, "mountpoint", mountpoint))
            .classicHistogramBuckets(buckets.build())
            .sum(of.totalNanos() / NANOS)
            .build());
  }
}
