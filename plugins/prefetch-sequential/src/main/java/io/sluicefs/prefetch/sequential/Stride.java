// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.sequential;

/**
 * Whether the runs of a handle begin at even distances, as they do where several readers take the
 * pieces of a file in turn.
 */
final class Stride {
  private long start = -1;
  private long distance;
  private int times;

  /** Notes where a run begins. */
  void begin(long runStart) {
    long moved = runStart - start;
    times = start >= 0 && moved == distance ? times + 1 : 0;
    distance = moved;
    start = runStart;
  }

  /** Forgets where runs began. */
  void clear() {
    start = -1;
    times = 0;
  }

  /** Returns how often in a row the distance was the same. */
  int times() {
    return times;
  }

  /** Returns the bytes from the start of a run to that of the next. */
  long distance() {
    return distance;
  }

  /** Returns where the latest run began. */
  long start() {
    return start;
  }
}
