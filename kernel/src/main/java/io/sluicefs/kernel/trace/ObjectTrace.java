// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.trace;

import java.util.Arrays;

/**
 * What was read of one version of an object, in order: runs of granules, none of them twice.
 * Immutable.
 */
final class ObjectTrace {
  private final String key;
  private final String etag;
  private final long size;
  private final int[] starts;
  private final int[] counts;

  /** Granules in all runs before each. */
  private final int[] before;

  /** The runs by their start: each the start and, below it, the place in the order. */
  private final long[] byStart;

  /**
   * Creates a trace.
   *
   * @param starts first granule of each run; the array is its own from now on, as is the next
   * @param counts granules of each run, at least 1
   */
  ObjectTrace(String key, String etag, long size, int[] starts, int[] counts) {
    this.key = key;
    this.etag = etag;
    this.size = size;
    this.starts = starts;
    this.counts = counts;
    this.before = new int[starts.length];
    this.byStart = new long[starts.length];
    for (int i = 0; i < starts.length; i++) {
      before[i] = i == 0 ? 0 : before[i - 1] + counts[i - 1];
      byStart[i] = (long) starts[i] << Integer.SIZE | i;
    }
    Arrays.sort(byStart);
  }

  String key() {
    return key;
  }

  String etag() {
    return etag;
  }

  long size() {
    return size;
  }

  int runs() {
    return starts.length;
  }

  int start(int run) {
    return starts[run];
  }

  int count(int run) {
    return counts[run];
  }

  /** Returns how many granules come before a run. */
  int before(int run) {
    return before[run];
  }

  /**
   * Returns the run that has the first of some granules that were read.
   *
   * @param granule the first of them
   * @param after the granule after the last
   * @return -1 if none of them was read
   */
  int runOf(int granule, int after) {
    int found = Arrays.binarySearch(byStart, (long) (granule + 1) << Integer.SIZE);
    int next = found >= 0 ? found : -found - 1;
    if (next > 0) {
      int run = (int) byStart[next - 1];
      if (granule < starts[run] + counts[run]) {
        return run;
      }
    }
    if (next < byStart.length) {
      int run = (int) byStart[next];
      return starts[run] < after ? run : -1;
    }
    return -1;
  }
}
