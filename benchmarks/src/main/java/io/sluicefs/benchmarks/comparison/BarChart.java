// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.util.List;
import java.util.Locale;

/** Panels of horizontal bars as SVG, each with a scale of its own. */
record BarChart(String title, List<Panel> panels) {
  /** Bars of one unit. */
  record Panel(String title, String unit, List<Bar> bars) {}

  /** One value. */
  record Bar(String name, double value) {}

  private static final int COLUMNS = 3;
  private static final int WIDTH = 340;
  private static final int LABEL = 105;
  private static final int LONGEST = 160;
  private static final int LINE = 16;
  private static final int HEAD = 24;

  String svg() {
    int most = panels.stream().mapToInt(panel -> panel.bars().size()).max().orElse(0);
    int height = HEAD + most * LINE + LINE;
    int lines = (panels.size() + COLUMNS - 1) / COLUMNS;
    int columns = Math.min(COLUMNS, panels.size());
    StringBuilder svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="11">
        <rect width="100%%" height="100%%" fill="#ffffff"/>
        <text x="8" y="18" font-size="14" font-weight="bold">%s</text>
        """
            .formatted(columns * WIDTH, HEAD + lines * height, escaped(title)));
    for (int i = 0; i < panels.size(); i++) {
      panel(svg, panels.get(i), i % COLUMNS * WIDTH + 8, HEAD + i / COLUMNS * height);
    }
    return svg.append("</svg>\n").toString();
  }

  private static void panel(StringBuilder svg, Panel panel, int left, int top) {
    svg.append(
        "<text x=\"%d\" y=\"%d\" font-weight=\"bold\">%s, %s</text>\n"
            .formatted(left, top + 16, escaped(panel.title()), escaped(panel.unit())));
    double largest = panel.bars().stream().mapToDouble(Bar::value).max().orElse(0);
    int y = top + HEAD;
    for (Bar bar : panel.bars()) {
      double length = largest == 0 ? 0 : bar.value() / largest * LONGEST;
      svg.append(
          String.format(
              Locale.ROOT,
              """
              <text x="%d" y="%d">%s</text>
              <rect x="%d" y="%d" width="%.1f" height="12" fill="%s"/>
              <text x="%.1f" y="%d">%s</text>
              """,
              left,
              y + 10,
              escaped(bar.name()),
              left + LABEL,
              y,
              Math.max(1, length),
              bar.name().startsWith(Candidate.SLUICE) ? "#2c7fb8" : "#a0a0a0",
              left + LABEL + length + 4,
              y + 10,
              shortened(bar.value())));
      y += LINE;
    }
  }

  /** Returns a number with three digits that count. */
  static String shortened(double value) {
    return String.format(Locale.ROOT, value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }
}
