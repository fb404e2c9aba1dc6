// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class FiguresTest {
  private static final Work WORK = Rows.work("no such work");

  @Test
  void theFiguresOfARowAreTheMediansOfItsRuns() {
    Row row = Rows.measured(Rows.SLUICE, WORK, 4, 1);
    for (double seconds : new double[] {1, 2}) {
      row.add(sample(seconds));
    }

    assertEquals(2, row.seconds());
    assertEquals(3, row.runs());
  }

  @Test
  void theFileHasEveryFigureOfWhatWasMeasuredAndWhyTheRestWasNot() throws Exception {
    String text =
        new FigureFile(
                Machine.here(),
                List.of(
                    Rows.measured(Rows.SLUICE, WORK, 2.5, 0.5),
                    Rows.failed(Rows.OTHER, WORK, "said \"no\"")))
            .text();

    assertTrue(
        text.contains(
            "{\"system\":\"sluice s3 direct\",\"work\":\"no such work\",\"bytes\":1073741824,"
                + "\"operations\":0,\"seconds\":2.5000,\"daemon_cpu_seconds\":0.50,"
                + "\"requests\":128,\"downloaded_bytes\":1073741824,\"uploaded_bytes\":0,"
                + "\"peak_rss_bytes\":209715200,\"runs\":1}"),
        text);
    assertTrue(
        text.contains("{\"system\":\"s3fs\",\"work\":\"no such work\",\"reason\":\"said  no \"}"),
        text);
  }

  @Test
  void theReportSaysWhoIsBehindAndThatNoReasonIsKnown() {
    String text =
        new WorkSection(
                WORK,
                List.of(
                    Rows.measured(Rows.SLUICE, WORK, 2, 1), Rows.measured(Rows.OTHER, WORK, 1, 1)),
                Reasons.read())
            .text();

    assertTrue(
        text.contains("| sluice s3 direct | 2.00 | 0.54 | 1.00 | 128 | 1024 | 0 | 200 | 1 |"),
        text);
    assertTrue(text.contains("Slower than s3fs: sluice s3 direct. (reasons.properties"), text);
  }

  private static Sample sample(double seconds) {
    return new Sample(seconds, 1, new ObjectServer.Served(1, 0, 0), 1, OptionalLong.empty());
  }
}
