// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * How long the store takes to the first byte of an answer, lately: counts in steps of an eighth of
 * an octave, of which half is forgotten now and then. Thread-safe.
 */
final class FirstByteTimes {
  /** Returned as long as there were few answers. */
  static final long UNKNOWN = -1;

  /** Steps in which a time doubles. */
  private static final int STEPS = 8;

  private static final int OCTAVES = 40;

  /** Fewer answers say nothing. */
  private static final int FEWEST = 32;

  /** After so many answers each of those before counts half. */
  private static final int REMEMBERED = 1024;

  @GuardedBy("this")
  private final int[] counts = new int[STEPS * OCTAVES];

  @GuardedBy("this")
  private int answers;

  /** Notes an answer. */
  synchronized void add(long nanos) {
    if (answers == REMEMBERED) {
      answers = 0;
      for (int i = 0; i < counts.length; i++) {
        counts[i] /= 2;
        answers += counts[i];
      }
    }
    counts[step(nanos)]++;
    answers++;
  }

  /**
   * Returns the time within which so many thousandths of the answers came, at most an eighth too
   * long; or {@link #UNKNOWN}.
   */
  synchronized long within(int thousandths) {
    if (answers < FEWEST) {
      return UNKNOWN;
    }
    int left = answers - answers * (1000 - thousandths) / 1000;
    int step = 0;
    while (left > counts[step]) {
      left -= counts[step];
      step++;
    }
    return end(step);
  }

  private static int step(long nanos) {
    long time = Math.clamp(nanos, STEPS, (1L << OCTAVES) - 1);
    int octave = 63 - Long.numberOfLeadingZeros(time);
    int part = (int) (time >>> (octave - 3)) & (STEPS - 1);
    return (octave - 3) * STEPS + part;
  }

  private static long end(int step) {
    return (STEPS + step % STEPS + 1L) << (step / STEPS);
  }
}
