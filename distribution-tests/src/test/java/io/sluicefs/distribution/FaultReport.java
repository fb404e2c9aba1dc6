// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What came of all faults, for people and for programs. */
final class FaultReport {
  private final Map<FaultRow, List<FaultOutcome>> outcomes;
  private final String settings;

  /**
   * @param settings those of the mounts that matter here
   */
  FaultReport(List<FaultOutcome> all, String settings) {
    this.settings = settings;
    outcomes =
        all.stream()
            .collect(
                Collectors.groupingBy(FaultOutcome::row, LinkedHashMap::new, Collectors.toList()));
  }

  /** Writes {@code reliability.md} into one folder and {@code reliability.json} into another. */
  void write(Path forPeople, Path forPrograms) throws IOException {
    Files.writeString(Files.createDirectories(forPeople).resolve("reliability.md"), markdown());
    Files.writeString(Files.createDirectories(forPrograms).resolve("reliability.json"), json());
  }

  private long count(String outcome) {
    return outcomes.values().stream()
        .flatMap(List::stream)
        .filter(one -> one.outcome().equals(outcome) || one.after().equals(outcome))
        .count();
  }

  private long hangs() {
    return outcomes.values().stream()
        .flatMap(List::stream)
        .filter(one -> one.took().compareTo(FaultMatrix.HANG) > 0)
        .count();
  }

  private long injected() {
    return outcomes.values().stream().flatMap(List::stream).mapToLong(FaultOutcome::injected).sum();
  }

  private String markdown() {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        # Reliability

        Written by `make faults`: what programs meet on a mount of the built distribution, over S3 and OSS, while the
        [emulator](../emulator/README.md) does to their requests what networks and stores do. Sixteen programs are at work at once, each in a
        folder of its own; every byte they read, and every object they stored, is compared, and each does its work once more when the fault is over.
        The same figures are in `distribution-tests/target/reliability.json`.

        | | |
        |---|---|
        """);
    text.append("| requests that went wrong | %d |\n".formatted(injected()));
    text.append("| wrong bytes read | %d |\n".formatted(count(FaultOutcome.WRONG_BYTES)));
    text.append("| acknowledged writes lost | %d |\n".formatted(count(FaultOutcome.LOST_WRITE)));
    text.append("| answers that took more than 60 s | %d |\n".formatted(hangs()));
    text.append("| settings | %s |\n".formatted(settings));
    text.append(
        """

        Not among them: a bit that flips in the answer to a read. TLS finds it; over plain http only a checksum does: by default of the objects of OSS one request brings whole
        (`OssVerifiedReadsTest`), with `requests.integrity = strict` of every object that is loaded completely (`ComparedReadsTest`). What a daemon that is killed leaves, a store that is away for
        seconds, a disk cache that is full, cut or damaged, keys no path can name and limits on memory have tests of their own: `KilledWriterTest`, `StoreOutageTest`,
        `DiskCacheTest` and those of `plugins/cache-disk-lmdb`, `NamesAndKeysTest`, `CappedMemoryTest`.

        Outcome: `hidden` is the right bytes and no error; an errno is what the program got, and how often. Bound: the longest time until the program
        had its answer.

        | fault | program | injected | outcome | bound |
        |---|---|---|---|---|
        """);
    outcomes.forEach(
        (row, all) ->
            text.append(
                "| %s | %s | %d | %s | %s |\n"
                    .formatted(
                        row.fault(),
                        row.work().word(),
                        all.stream().mapToLong(FaultOutcome::injected).sum(),
                        tally(all).entrySet().stream()
                            .map(one -> one.getKey() + " " + one.getValue())
                            .collect(Collectors.joining(", ")),
                        seconds(longest(all)))));
    return text.toString();
  }

  private static Map<String, Long> tally(List<FaultOutcome> all) {
    return all.stream()
        .collect(Collectors.groupingBy(FaultOutcome::outcome, TreeMap::new, Collectors.counting()));
  }

  private static Duration longest(List<FaultOutcome> all) {
    return all.stream().map(FaultOutcome::took).max(Duration::compareTo).orElse(Duration.ZERO);
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
  }

  private String json() {
    List<Map<String, Object>> rows =
        outcomes.entrySet().stream()
            .map(
                entry -> {
                  Map<String, Object> row = new LinkedHashMap<>();
                  row.put("fault", entry.getKey().fault());
                  row.put("program", entry.getKey().work().word());
                  row.put(
                      "injected",
                      entry.getValue().stream().mapToLong(FaultOutcome::injected).sum());
                  row.put("outcomes", tally(entry.getValue()));
                  row.put("bound_seconds", longest(entry.getValue()).toMillis() / 1000.0);
                  return row;
                })
            .toList();
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("injected", injected());
    all.put("wrong_bytes", count(FaultOutcome.WRONG_BYTES));
    all.put("lost_writes", count(FaultOutcome.LOST_WRITE));
    all.put("hangs", hangs());
    all.put("settings", settings);
    all.put("rows", rows);
    return ConfigValueFactory.fromMap(all)
            .render(ConfigRenderOptions.defaults().setOriginComments(false))
        + "\n";
  }
}
