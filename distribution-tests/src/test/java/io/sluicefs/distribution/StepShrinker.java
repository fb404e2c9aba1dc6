// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Leaves out steps of a failing sequence as long as it fails: halves first, then quarters, and so
 * on down to single ones.
 */
final class StepShrinker {
  /** Does steps and says how they fail; null if they do not. */
  @FunctionalInterface
  interface Trial {
    @Nullable String failure(List<Step> steps);
  }

  private final Trial trial;
  private int left;

  /**
   * @param trials most of them
   */
  StepShrinker(Trial trial, int trials) {
    this.trial = trial;
    this.left = trials;
  }

  /** Returns a shorter sequence that fails, or the same. */
  List<Step> shrink(List<Step> failing) {
    List<Step> steps = failing;
    for (int piece = Math.max(1, steps.size() / 2); piece >= 1 && left > 0; piece /= 2) {
      for (int end = steps.size(); end > 0 && left > 0; end -= piece) {
        List<Step> shorter = new ArrayList<>(steps);
        shorter.subList(Math.max(0, end - piece), end).clear();
        left--;
        if (trial.failure(shorter) != null) {
          steps = shorter;
        }
      }
    }
    return steps;
  }
}
