// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** All figures of one work over one network as Markdown, and why Sluice is behind if it is. */
record WorkSection(Work work, List<Row> rows, Reasons reasons) {
  private static final double MIB = 1 << 20;

  String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        """

        ### %s

        %s

        | system | seconds | %s | %s | requests | downloaded MiB | uploaded MiB | peak RSS MiB | runs |
        |---|--:|--:|--:|--:|--:|--:|--:|--:|
        """
            .formatted(
                capitalized(work.name()),
                capitalized(work.description()) + size(),
                Row.speedUnit(work),
                Row.costUnit(work)));
    rows.forEach(row -> text.append(line(row)).append('\n'));
    String medians =
        rows.stream()
            .filter(row -> row.isMeasured() && row.medianMicros().isPresent())
            .map(row -> row.candidate().name() + " " + row.medianMicros().getAsLong())
            .collect(Collectors.joining(", "));
    if (!medians.isEmpty()) {
      text.append("\nHalf of the operations took at most, in microseconds: ")
          .append(medians)
          .append(".\n");
    }
    Standing standing = new Standing(rows);
    standing.slower().ifPresent(who -> paragraph(text, who, reasons.slower(work)));
    standing.costlier().ifPresent(who -> paragraph(text, who, reasons.costlier(work)));
    return text.toString();
  }

  private static void paragraph(StringBuilder text, String who, String why) {
    text.append('\n').append(who).append(' ').append(why).append('\n');
  }

  private static String line(Row row) {
    if (!row.isMeasured()) {
      return "| %s | %s | | | | | | | |".formatted(row.candidate().name(), row.failure());
    }
    return String.format(
        Locale.ROOT,
        "| %s | %.2f | %s | %s | %d | %.0f | %.0f | %.0f | %d |",
        row.candidate().name(),
        row.seconds(),
        BarChart.shortened(row.speed()),
        BarChart.shortened(row.cost()),
        row.requests(),
        row.downloadedBytes() / MIB,
        row.uploadedBytes() / MIB,
        row.peakRssBytes() / MIB,
        row.runs());
  }

  private String size() {
    return work.bytes() == 0
        ? "."
        : String.format(Locale.ROOT, "; %.0f MiB in all.", work.bytes() / MIB);
  }

  private static String capitalized(String text) {
    return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
  }
}
