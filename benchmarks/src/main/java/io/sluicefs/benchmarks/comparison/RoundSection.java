// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** All figures over one network as Markdown, with a chart of the speed and one of the cost. */
record RoundSection(Round round, List<Candidate> candidates, List<Row> rows, Reasons reasons) {
  private static final List<Figure> FIGURES =
      List.of(
          new Figure("speed", Row::speedUnit, Row::speed),
          new Figure("daemon CPU", Row::costUnit, Row::cost));

  /** What is shown of every row at a glance. */
  private record Figure(String title, Function<Work, String> unit, ToDoubleFunction<Row> value) {}

  /**
   * Returns the text.
   *
   * @param charts folder of the charts as seen from it
   */
  String text(String charts) {
    StringBuilder text = new StringBuilder();
    text.append("\n## ").append(round.network().title()).append('\n');
    for (Figure figure : FIGURES) {
      text.append("\n![%s](%s/%s)\n\n".formatted(figure.title, charts, file(figure)));
      text.append("| ").append(figure.title).append(" | unit |");
      candidates.forEach(candidate -> text.append(' ').append(candidate.name()).append(" |"));
      text.append("\n|---|---|").append("--:|".repeat(candidates.size())).append('\n');
      for (Work work : round.works()) {
        text.append("| %s | %s |".formatted(work.name(), figure.unit.apply(work)));
        of(work).forEach(row -> text.append(' ').append(cell(figure, row)).append(" |"));
        text.append('\n');
      }
    }
    round.works().forEach(work -> text.append(new WorkSection(work, of(work), reasons).text()));
    return text.toString();
  }

  void writeCharts(Path folder) throws IOException {
    for (Figure figure : FIGURES) {
      BarChart chart =
          new BarChart(
              figure.title + ", " + round.network().title(),
              round.works().stream().map(work -> panel(figure, work)).toList());
      Files.writeString(folder.resolve(file(figure)), chart.svg());
    }
  }

  private String file(Figure figure) {
    return figure.title.replace(' ', '-') + "-" + round.network().folder() + ".svg";
  }

  private static String cell(Figure figure, Row row) {
    return row.isMeasured() ? BarChart.shortened(figure.value.applyAsDouble(row)) : "-";
  }

  private BarChart.Panel panel(Figure figure, Work work) {
    List<BarChart.Bar> bars =
        of(work).stream()
            .filter(Row::isMeasured)
            .map(row -> new BarChart.Bar(row.candidate().name(), figure.value.applyAsDouble(row)))
            .toList();
    return new BarChart.Panel(work.name(), figure.unit.apply(work), bars);
  }

  private List<Row> of(Work work) {
    return rows.stream()
        .filter(row -> row.network() == round.network() && row.work().equals(work))
        .toList();
  }
}
