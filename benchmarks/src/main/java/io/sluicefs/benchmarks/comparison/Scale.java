// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/**
 * How much is measured.
 *
 * @param rounds what is done, over which networks
 * @param warmUp what every daemon does before it is measured
 * @param repetitions most runs of each row
 * @param budget no repetition begins that would not end within it
 * @param patience longest time for one run
 * @param allowance time for all runs of one row; the first is free of it
 */
record Scale(
    List<Round> rounds,
    List<Work> warmUp,
    int repetitions,
    Duration budget,
    Duration patience,
    Duration allowance) {
  private static final long MIB = 1 << 20;
  private static final long GIB = 1 << 30;
  private static final List<Work> WARM_UP =
      new Works(new Amounts(128 * MIB, 64 * MIB, 16 * MIB, 300, 300, 200)).in("warm-up");

  /** Everything, in half an hour: far away there is less of what latency alone makes long. */
  static Scale full() {
    return new Scale(
        List.of(
            Round.of(Network.LOOPBACK, new Amounts(4 * GIB, GIB, 256 * MIB, 1000, 10_000, 1000)),
            Round.of(Network.DISTANT, new Amounts(2 * GIB, GIB, 256 * MIB, 1000, 2000, 100))),
        WARM_UP,
        5,
        Duration.ofMinutes(28),
        Duration.ofSeconds(100),
        Duration.ofSeconds(30));
  }

  /** Everything once and small, in a few minutes. */
  static Scale quick() {
    Amounts amounts = new Amounts(128 * MIB, 64 * MIB, 32 * MIB, 200, 500, 20);
    return new Scale(
        List.of(Round.of(Network.LOOPBACK, amounts), Round.of(Network.DISTANT, amounts)),
        WARM_UP,
        1,
        Duration.ofMinutes(3),
        Duration.ofSeconds(15),
        Duration.ZERO);
  }

  /** Returns the scale with those works only whose names match. */
  Scale only(Pattern names) {
    return new Scale(
        rounds.stream().map(round -> round.only(names)).toList(),
        warmUp,
        repetitions,
        budget,
        patience,
        allowance);
  }

  /** Returns the scale with another number of repetitions. */
  Scale repeated(int times) {
    return new Scale(rounds, warmUp, times, budget, patience, allowance);
  }
}
