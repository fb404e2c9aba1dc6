// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.trace;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.ObjectId;
import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What was read of one object so far. A read costs a look into a bit set and, if it is new, at the
 * last runs; memory is allocated when a run begins and there is no room for it. Thread-safe.
 */
final class RecordedObject {
  /** Runs that may go on: so many readers are told apart. */
  private static final int OPEN_RUNS = 16;

  /** A run others were begun after goes on to this length, 8 MiB, so that the order is kept. */
  private static final int LONGEST_INTERRUPTED = 128;

  private final ObjectId id;
  private final long size;
  private final AtomicInteger room;

  @GuardedBy("this")
  private final BitSet read = new BitSet();

  @GuardedBy("this")
  private int[] starts = new int[8];

  @GuardedBy("this")
  private int[] counts = new int[8];

  @GuardedBy("this")
  private int runs;

  /**
   * Creates a record.
   *
   * @param room runs that may still be recorded, of all objects; less than 0 when it is used up
   */
  RecordedObject(ObjectId id, long size, AtomicInteger room) {
    this.id = id;
    this.size = size;
    this.room = room;
  }

  ObjectId id() {
    return id;
  }

  /** Notes a read; returns whether it said anything new. */
  synchronized boolean note(long start, long end) {
    int after = Granules.after(end);
    int from = read.nextClearBit(Granules.of(start));
    boolean isNew = from < after;
    while (from < after) {
      int next = read.nextSetBit(from);
      int to = next < 0 ? after : Math.min(next, after);
      read.set(from, to);
      add(from, to - from);
      from = read.nextClearBit(to);
    }
    return isNew;
  }

  @GuardedBy("this")
  private void add(int start, int count) {
    for (int run = runs - 1; run >= Math.max(0, runs - OPEN_RUNS); run--) {
      if (starts[run] + counts[run] == start
          && (run == runs - 1 || counts[run] < LONGEST_INTERRUPTED)) {
        counts[run] += count;
        return;
      }
    }
    if (room.getAndUpdate(left -> Math.max(-1, left - 1)) <= 0) {
      return;
    }
    if (runs == starts.length) {
      starts = Arrays.copyOf(starts, 2 * runs);
      counts = Arrays.copyOf(counts, 2 * runs);
    }
    starts[runs] = start;
    counts[runs] = count;
    runs++;
  }

  /** Returns what was read until now. */
  synchronized ObjectTrace trace() {
    return new ObjectTrace(
        id.key(), id.etag(), size, Arrays.copyOf(starts, runs), Arrays.copyOf(counts, runs));
  }
}
