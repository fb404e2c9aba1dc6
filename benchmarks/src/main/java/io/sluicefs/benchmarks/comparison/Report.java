// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The figures for people: Markdown with charts. */
record Report(Machine machine, Scale scale, List<Candidate> candidates, List<RoundSection> rounds) {
  private static final String CHARTS = "benchmarks";

  static Report of(Machine machine, Scale scale, List<Candidate> candidates, List<Row> rows) {
    Reasons reasons = Reasons.read();
    return new Report(
        machine,
        scale,
        candidates,
        scale.rounds().stream()
            .map(round -> new RoundSection(round, candidates, rows, reasons))
            .toList());
  }

  /** Writes {@code benchmarks.md} and a folder {@code benchmarks} with charts into a folder. */
  void write(Path folder) throws IOException {
    Path charts = Files.createDirectories(folder.resolve(CHARTS));
    StringBuilder text = new StringBuilder(head());
    for (RoundSection round : rounds) {
      text.append(round.text(CHARTS));
      round.writeCharts(charts);
    }
    Files.writeString(folder.resolve("benchmarks.md"), text);
  }

  private String head() {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        # Benchmarks

        Written by `make bench`: Sluice over each transport and FUSE channel, s3fs and rclone, mounted in turn on one machine with the
        [emulator](../emulator/README.md) as the store, in one run. All figures are in `benchmarks/target/bench.json` too.

        - Daemon CPU is user and system time of the daemon and its children as the Linux kernel counts it, in hundredths of a second. Programs,
          store and daemon share the cores.
        - Peak RSS is the largest resident size of the daemon meanwhile; that of s3fs leaves out the temporary file its data is in.
        - Time runs until the programs have ended and the store has all that was written: rclone lets them go before.
        - Figures are medians of at most %d runs, taken in turn with those of the other systems. After its first run a row is repeated as long as
          its runs stay below %d seconds in all; one that is not done in %d seconds is ended and not repeated.
        - Each work has files of its own, so all begin with nothing cached but those called warm and `stat`. Every repetition starts the daemons anew.
          The sequential read at 0 ms is the first thing they do; before the rest each does a small share of all works, which is not counted.
        - Before all, the machine's free memory is written once: on a virtual machine the first to write a page pays for its host's finding one, which
          was seen to triple the daemon's CPU for a GiB.
        - Sluice is what `make dist` makes, with `memory.limit = 640MiB`; s3fs and rclone are as they come, rclone with `--vfs-cache-mode writes`, without which it refuses most
          writes, and `--vfs-write-back 0s`.

        | | |
        |---|---|
        """
            .formatted(
                scale.repetitions(), scale.allowance().toSeconds(), scale.patience().toSeconds()));
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("processor", machine.processor() + ", " + machine.cores() + " cores");
    facts.put("memory", (machine.memoryBytes() >> 30) + " GiB");
    facts.put("Linux", machine.linux());
    facts.put("Java", machine.java());
    facts.put("load average before", machine.load());
    facts.put("day", machine.day().toString());
    candidates.forEach(candidate -> facts.put(candidate.program(), candidate.version()));
    facts.forEach((name, value) -> text.append("| %s | %s |\n".formatted(name, value)));
    return text.toString();
  }
}
