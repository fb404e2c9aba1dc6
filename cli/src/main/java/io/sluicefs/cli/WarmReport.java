// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What of which files was in the page cache at one time. */
final class WarmReport {
  private static final int NEARLY_SHARE = 100;

  private final SequencedMap<Path, Residency> files = new LinkedHashMap<>();

  private WarmReport() {}

  /**
   * Asks what is resident of files.
   *
   * @param problems gets those that cannot be opened, which the report is without
   */
  static WarmReport of(List<Path> files, FileProblems problems) {
    WarmReport report = new WarmReport();
    for (Path file : files) {
      try (CachedFile cached = CachedFile.open(file)) {
        report.files.put(file, cached.residency());
      } catch (IOException e) {
        problems.add(file, e);
      }
    }
    return report;
  }

  List<Path> files() {
    return List.copyOf(files.keySet());
  }

  /** Returns the files of which not every byte is known to be resident. */
  List<Path> incomplete() {
    return files.entrySet().stream()
        .filter(file -> !file.getValue().isComplete())
        .map(file -> file.getKey())
        .toList();
  }

  /** Returns the bytes of the files that are not complete, resident or not. */
  long incompleteBytes() {
    return files.values().stream()
        .filter(file -> !file.isComplete())
        .mapToLong(Residency::size)
        .sum();
  }

  /**
   * Returns whether so little is not resident that it must have been evicted in passing: all would
   * fit, and to read it once more costs next to nothing. Of what does not fit much is gone, and
   * reading it again would only evict the rest.
   */
  boolean isNearlyComplete() {
    Residency total = total();
    long gone = total.size() - total.resident().orElse(0);
    return gone > 0 && gone <= total.size() / NEARLY_SHARE;
  }

  /** Returns all files as if they were one; what is not known of one is not known of all. */
  Residency total() {
    return new Residency(
        files.values().stream().mapToLong(Residency::size).sum(),
        sum(Residency::resident),
        sum(Residency::evicted));
  }

  private OptionalLong sum(Function<Residency, OptionalLong> amount) {
    return files.values().stream().map(amount).allMatch(OptionalLong::isPresent)
        ? OptionalLong.of(
            files.values().stream().map(amount).mapToLong(OptionalLong::getAsLong).sum())
        : OptionalLong.empty();
  }

  /** Returns the number of files in words. */
  String count() {
    return files.size() == 1 ? "1 file" : files.size() + " files";
  }

  /** Prints a line for each file and one for all. */
  void printTable(PrintWriter out) {
    files.forEach((file, residency) -> out.println(row(residency, file.toString())));
    out.println(row(total(), "in " + count()));
  }

  private static String row(Residency residency, String name) {
    OptionalLong resident = residency.resident();
    return String.format(
        Locale.ROOT,
        "%5s  %10s of %10s  %s",
        resident.isPresent() ? percent(resident.getAsLong(), residency.size()) + " %" : "",
        resident.isPresent() ? ByteCount.text(resident.getAsLong()) : "unknown",
        ByteCount.text(residency.size()),
        name);
  }

  /** Rounds down, so that 100 is all. */
  private static long percent(long resident, long size) {
    return size == 0 ? 100 : (long) ((double) resident / size * 100);
  }

  /**
   * Prints one object of JSON.
   *
   * @param complete whether all that was asked for is resident
   * @param loading more members, each with a comma in front
   */
  void printJson(PrintWriter out, boolean complete, String loading, FileProblems problems) {
    out.printf("{%s,\"complete\":%b%s,%n", counts(total()), complete, loading);
    out.printf(
        " \"files\":[%s],%n",
        files.entrySet().stream()
            .map(file -> member(file.getKey(), counts(file.getValue())))
            .collect(Collectors.joining(",")));
    out.printf(
        " \"problems\":[%s]}%n",
        problems.all().entrySet().stream()
            .map(
                problem ->
                    member(problem.getKey(), "\"problem\":" + JsonText.quoted(problem.getValue())))
            .collect(Collectors.joining(",")));
  }

  private static String member(Path file, String rest) {
    return "\n  {\"path\":%s,%s}".formatted(JsonText.quoted(file.toString()), rest);
  }

  private static String counts(Residency residency) {
    return "\"size\":%d,\"resident\":%s,\"evicted\":%s"
        .formatted(residency.size(), number(residency.resident()), number(residency.evicted()));
  }

  private static String number(OptionalLong value) {
    return value.isPresent() ? Long.toString(value.getAsLong()) : "null";
  }
}
