// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Mounts the emulator's bucket by all candidates in turn and measures the same works on each. Every
 * repetition visits all of them, so that what else the machine does hits them alike.
 */
final class Comparison {
  private final ObjectServer server;
  private final List<Candidate> candidates;
  private final Scale scale;
  private final Path work;
  private final PrintStream progress;
  private final Measurement measurement;

  /**
   * Creates a comparison.
   *
   * @param work folder for mountpoints and logs
   * @param progress told what was measured, a line each
   */
  Comparison(
      ObjectServer server,
      List<Candidate> candidates,
      Scale scale,
      Path work,
      PrintStream progress) {
    this.server = server;
    this.candidates = candidates;
    this.scale = scale;
    this.work = work;
    this.progress = progress;
    this.measurement = new Measurement(server, scale.patience());
  }

  /** Returns a row for each work over each network by each candidate, in this order. */
  List<Row> run() throws IOException, InterruptedException {
    List<Row> rows = new ArrayList<>();
    for (Round round : scale.rounds()) {
      putSources(round.works());
      for (Work each : round.works()) {
        candidates.forEach(candidate -> rows.add(new Row(candidate, each, round.network())));
      }
    }
    putSources(scale.warmUp());
    Instant end = Instant.now().plus(scale.budget());
    Duration last = Duration.ZERO;
    for (int repetition = 1; repetition <= scale.repetitions(); repetition++) {
      Instant start = Instant.now();
      if (start.plus(last).isAfter(end)) {
        progress.println("no time for repetition " + repetition);
        break;
      }
      progress.printf("repetition %d, load %s%n", repetition, Machine.currentLoad());
      for (Candidate candidate : candidates) {
        visit(rows.stream().filter(row -> row.candidate().equals(candidate)).toList());
      }
      last = Duration.between(start, Instant.now());
    }
    return rows;
  }

  private void putSources(List<Work> works) throws IOException, InterruptedException {
    for (Work each : works) {
      for (Work.Source source : each.objects()) {
        server.put(source.key(), source.size());
      }
    }
  }

  /** Does what is due by one candidate on one mount, or on further ones after one that failed. */
  private void visit(List<Row> rows) throws IOException, InterruptedException {
    List<Row> due = new ArrayList<>(rows.stream().filter(this::isDue).toList());
    while (!due.isEmpty()) {
      try (MountedCandidate mount = MountedCandidate.mount(due.getFirst().candidate(), work)) {
        boolean warmedUp = false;
        boolean good = true;
        while (good && !due.isEmpty()) {
          Row row = due.removeFirst();
          boolean warmUp = !warmedUp && !row.work().anew();
          good = measure(row, mount, warmUp);
          warmedUp |= warmUp;
        }
      }
    }
  }

  private boolean isDue(Row row) {
    return row.failure() == null
        && (!row.isMeasured()
            || (row.runs() + 1) * row.seconds() <= scale.allowance().toMillis() / 1e3);
  }

  private boolean measure(Row row, MountedCandidate mount, boolean warmUp)
      throws IOException, InterruptedException {
    String name = row.work().name() + row.network().suffix();
    try {
      if (warmUp) {
        warmUp(mount);
      }
      server.conditions(row.network());
      Sample sample = measurement.run(row.work(), mount);
      row.add(sample);
      progress.printf(
          Locale.ROOT,
          "%-26s  %-17s  %8.3f s  %8.2f CPU-s  %6d requests  %5d MiB  load %s%n",
          name,
          row.candidate().name(),
          sample.seconds(),
          sample.daemonCpuSeconds(),
          sample.served().requests(),
          sample.peakRssBytes() >> 20,
          Machine.currentLoad());
      return true;
    } catch (IOException e) {
      row.failed(e.getMessage() == null ? e.toString() : e.getMessage());
      progress.printf(
          "%-26s  %-17s  %s; %s%n", name, row.candidate().name(), row.failure(), mount.lastWords());
      return false;
    }
  }

  private void warmUp(MountedCandidate mount) throws IOException, InterruptedException {
    server.conditions(Network.LOOPBACK);
    for (Work each : scale.warmUp()) {
      Sample _ = measurement.run(each, mount);
    }
  }
}
