// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Rows of made-up figures. */
final class Rows {
  static final Candidate SLUICE = candidate("sluice", "s3 direct");
  static final Candidate OTHER = candidate("s3fs", "");

  private Rows() {}

  static Work work(String name) {
    return new Work(
        name, "what it does", false, 1 << 30, 0, 0, List.of(), List.of(), mountpoint -> List.of());
  }

  static Row measured(Candidate candidate, Work work, double seconds, double cpuSeconds) {
    Row row = new Row(candidate, work, Network.LOOPBACK);
    row.add(
        new Sample(
            seconds,
            cpuSeconds,
            new ObjectServer.Served(128, 0, 1 << 30),
            200 << 20,
            OptionalLong.empty()));
    return row;
  }

  static Row failed(Candidate candidate, Work work, String reason) {
    Row row = new Row(candidate, work, Network.LOOPBACK);
    row.failed(reason);
    return row;
  }

  private static Candidate candidate(String program, String settings) {
    return new Candidate(program, settings, "1", mountpoint -> List.of(), Map.of());
  }
}
