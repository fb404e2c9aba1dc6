// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.sequential;

/**
 * What a stream left out lately, and somebody may still read: threads that take the pieces of a
 * file one after the other are at different places in theirs. Not thread-safe.
 */
final class Holes {
  private static final int MOST = 32;

  private final long[] starts = new long[MOST];
  private final long[] ends = new long[MOST];
  private int count;

  void clear() {
    count = 0;
  }

  /** Adds bytes that were left out; the oldest hole is forgotten if there are too many. */
  void add(long start, long end) {
    if (count == MOST) {
      remove(0);
    }
    starts[count] = start;
    ends[count] = end;
    count++;
  }

  /** Returns whether {@code offset} was left out. */
  boolean contains(long offset) {
    for (int i = 0; i < count; i++) {
      if (starts[i] <= offset && offset < ends[i]) {
        return true;
      }
    }
    return false;
  }

  /** Notes that bytes were read: a hole ends before them or begins after them. */
  void fill(long start, long end) {
    for (int i = count - 1; i >= 0; i--) {
      if (start <= starts[i] && ends[i] <= end) {
        remove(i);
      } else if (start <= starts[i] && starts[i] < end) {
        starts[i] = end;
      } else if (starts[i] < start && start < ends[i]) {
        long rest = ends[i];
        ends[i] = start;
        if (end < rest && count < MOST) {
          add(end, rest);
        }
      }
    }
  }

  /** Returns the start of the first that begins at {@code least} or later, or {@code none}. */
  long first(long least, long none) {
    long first = none;
    for (int i = 0; i < count; i++) {
      if (starts[i] >= least) {
        first = Math.min(first, starts[i]);
      }
    }
    return first;
  }

  private void remove(int hole) {
    count--;
    System.arraycopy(starts, hole + 1, starts, hole, count - hole);
    System.arraycopy(ends, hole + 1, ends, hole, count - hole);
  }
}
