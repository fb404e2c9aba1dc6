// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.prefetch;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.prefetch.ReadAheadWindow;

/**
 * The planners of one handle. All of them see every read, so that whoever is left the file at some
 * point knows what was read until then; the window is that of the first who does not abstain.
 */
final class ChainedReadAhead implements ReadAhead {
  private final ReadAhead[] planners;
  private boolean abstains;

  ChainedReadAhead(ReadAhead[] planners) {
    this.planners = planners;
  }

  @Override
  public ReadAheadWindow next(ByteRange justRead, long budget) {
    ReadAheadWindow window = ReadAheadWindow.EMPTY;
    abstains = true;
    for (ReadAhead planner : planners) {
      ReadAheadWindow wanted = planner.next(justRead, budget);
      if (abstains && !planner.abstains()) {
        window = wanted;
        abstains = false;
      }
    }
    return window;
  }

  @Override
  public boolean abstains() {
    return abstains;
  }

  @Override
  public String describe() {
    for (ReadAhead planner : planners) {
      if (!planner.abstains()) {
        return planner.describe();
      }
    }
    return "no prefetcher plans this file";
  }
}
