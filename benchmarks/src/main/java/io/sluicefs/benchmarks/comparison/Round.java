// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.util.List;
import java.util.regex.Pattern;

/** What is done over one network. */
record Round(Network network, List<Work> works) {
  static Round of(Network network, Amounts amounts) {
    return new Round(network, new Works(amounts).in(network.folder()));
  }

  /** Returns the round without the works whose names do not match. */
  Round only(Pattern names) {
    return new Round(
        network, works.stream().filter(work -> names.matcher(work.name()).matches()).toList());
  }
}
