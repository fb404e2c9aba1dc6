// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** How Sluice does beside the others in one work over one network. */
record Standing(List<Row> rows) {
  /** What lies within it is a draw. */
  private static final double NOISE = 1.05;

  /** The resolution of what the Linux kernel tells of CPU time. */
  private static final double TICK_SECONDS = 0.01;

  /** Says which mounts of Sluice are slower than another system, and than which. */
  Optional<String> slower() {
    return behind("Slower", Row::seconds, 0);
  }

  /** Says which mounts of Sluice use more daemon CPU than another system, and than which. */
  Optional<String> costlier() {
    return behind("More daemon CPU", Row::cpuSeconds, TICK_SECONDS);
  }

  private Optional<String> behind(String what, ToDoubleFunction<Row> figure, double resolution) {
    Optional<Row> best = measured(false).min(Comparator.comparingDouble(figure));
    if (best.isEmpty()) {
      return Optional.empty();
    }
    double bound = figure.applyAsDouble(best.get()) * NOISE + resolution;
    List<String> names =
        measured(true)
            .filter(row -> figure.applyAsDouble(row) > bound)
            .map(row -> row.candidate().name())
            .toList();
    return names.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%s than %s: %s."
                .formatted(what, best.get().candidate().name(), String.join(", ", names)));
  }

  private Stream<Row> measured(boolean sluice) {
    return rows.stream()
        .filter(Row::isMeasured)
        .filter(row -> row.candidate().isSluice() == sluice);
  }
}
