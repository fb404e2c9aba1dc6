// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** All runs of one work by one candidate over one network; its figures are their medians. */
final class Row {
  private final Candidate candidate;
  private final Work work;
  private final Network network;
  private final List<Sample> samples = new ArrayList<>();
  private @Nullable String failure;

  Row(Candidate candidate, Work work, Network network) {
    this.candidate = candidate;
    this.work = work;
    this.network = network;
  }

  Candidate candidate() {
    return candidate;
  }

  Work work() {
    return work;
  }

  Network network() {
    return network;
  }

  void add(Sample sample) {
    samples.add(sample);
  }

  /** Notes that a run did not come to its end. */
  void failed(String reason) {
    failure = reason;
  }

  /** Returns why a run did not come to its end; null if all did. */
  @Nullable String failure() {
    return failure;
  }

  int runs() {
    return samples.size();
  }

  boolean isMeasured() {
    return !samples.isEmpty();
  }

  private double median(ToDoubleFunction<Sample> figure) {
    double[] sorted = samples.stream().mapToDouble(figure).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  double seconds() {
    return median(Sample::seconds);
  }

  double cpuSeconds() {
    return median(Sample::daemonCpuSeconds);
  }

  long requests() {
    return Math.round(median(sample -> sample.served().requests()));
  }

  long downloadedBytes() {
    return Math.round(median(sample -> sample.served().bytesOut()));
  }

  long uploadedBytes() {
    return Math.round(median(sample -> sample.served().bytesIn()));
  }

  long peakRssBytes() {
    return Math.round(median(Sample::peakRssBytes));
  }

  OptionalLong medianMicros() {
    return samples.stream().allMatch(sample -> sample.medianMicros().isPresent())
        ? OptionalLong.of(Math.round(median(sample -> sample.medianMicros().orElse(0))))
        : OptionalLong.empty();
  }

  private double gibibytes() {
    return (double) work.bytes() / (1L << 30);
  }

  /** Returns the speed in the {@link #speedUnit}. */
  double speed() {
    return work.operations() > 0 ? work.operations() / seconds() : work.bytes() / 1e9 / seconds();
  }

  static String speedUnit(Work work) {
    return work.operations() > 0 ? "ops/s" : "GB/s";
  }

  /** Returns what the daemon spent in the {@link #costUnit}. */
  double cost() {
    return work.operations() > 0
        ? cpuSeconds() * 1e6 / work.operations()
        : cpuSeconds() / gibibytes();
  }

  static String costUnit(Work work) {
    return work.operations() > 0 ? "CPU-µs/op" : "CPU-s/GiB";
  }
}
