// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {
  private static final int FILES = 8;
  private static final long WRITTEN = 2 << 20;

  @TempDir private Path folder;

  @Test
  void whatAMountReadsAndWritesIsMeasuredAndReported() throws Exception {
    Path work = Files.createDirectory(folder.resolve("work"));
    Path log = folder.resolve("progress.txt");
    Amounts amounts = new Amounts(WRITTEN, 16 << 20, 1 << 20, FILES, FILES, FILES);
    Scale scale =
        new Scale(
                List.of(Round.of(Network.LOOPBACK, amounts)),
                List.of(),
                1,
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                Duration.ZERO)
            .only(Pattern.compile("small files|sequential write"));
    try (ObjectServer server = ObjectServer.start(Path.of(System.getProperty("sluice.emulator")));
        PrintStream progress = new PrintStream(log.toFile(), StandardCharsets.UTF_8)) {
      Path distribution = Path.of(System.getProperty("sluice.distribution"));
      List<Candidate> candidates =
          List.of(new Candidates(distribution, work, server).sluice().getFirst());

      List<Row> rows = new Comparison(server, candidates, scale, work, progress).run();
      Report.of(Machine.here(), scale, candidates, rows).write(folder);

      Row read = rows.getFirst();
      assertNull(read.failure(), () -> text(log));
      assertEquals(1, read.runs());
      assertEquals(FILES * (128L << 10), read.downloadedBytes());
      assertTrue(read.requests() >= FILES);
      assertTrue(read.peakRssBytes() > 0);
      Row written = rows.getLast();
      assertNull(written.failure(), () -> text(log));
      assertEquals(WRITTEN, written.uploadedBytes());
      assertEquals(0, written.downloadedBytes());
      String report = text(folder.resolve("benchmarks.md"));
      assertAll(
          () -> assertTrue(report.contains("### Small files"), report),
          () -> assertTrue(report.contains("| sluice s3 direct |"), report),
          () ->
              assertTrue(text(folder.resolve("benchmarks/speed-loopback.svg")).contains("</svg>")));
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
