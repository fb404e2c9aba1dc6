// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** All figures, as JSON. */
record FigureFile(Machine machine, List<Row> rows) {
  String text() {
    return """
    {"machine":{"processor":%s,"cores":%d,"memory_bytes":%d,"linux":%s,"java":%s,"load":%s},
    "rows":[
      %s
    ],
    "failures":[
      %s
    ]}
    """
        .formatted(
            quoted(machine.processor()),
            machine.cores(),
            machine.memoryBytes(),
            quoted(machine.linux()),
            quoted(machine.java()),
            machine.load(),
            rows.stream()
                .filter(Row::isMeasured)
                .map(FigureFile::row)
                .collect(Collectors.joining(",\n  ")),
            rows.stream()
                .filter(row -> row.failure() != null)
                .map(FigureFile::failure)
                .collect(Collectors.joining(",\n  ")));
  }

  private static String name(Row row) {
    return "\"system\":%s,\"work\":%s"
        .formatted(
            quoted(row.candidate().name()), quoted(row.work().name() + row.network().suffix()));
  }

  private static String row(Row row) {
    String micros =
        row.medianMicros().isPresent() ? ",\"p50_micros\":" + row.medianMicros().getAsLong() : "";
    return String.format(
        Locale.ROOT,
        "{%s,\"bytes\":%d,\"operations\":%d,\"seconds\":%.4f,\"daemon_cpu_seconds\":%.2f,"
            + "\"requests\":%d,\"downloaded_bytes\":%d,\"uploaded_bytes\":%d,"
            + "\"peak_rss_bytes\":%d,\"runs\":%d%s}",
        name(row),
        row.work().bytes(),
        row.work().operations(),
        row.seconds(),
        row.cpuSeconds(),
        row.requests(),
        row.downloadedBytes(),
        row.uploadedBytes(),
        row.peakRssBytes(),
        row.runs(),
        micros);
  }

  private static String failure(Row row) {
    return "{%s,\"reason\":%s}".formatted(name(row), quoted(String.valueOf(row.failure())));
  }

  private static String quoted(String text) {
    return "\"" + text.replaceAll("[\\p{Cntrl}\"\\\\]", " ") + "\"";
  }
}
