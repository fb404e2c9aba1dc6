// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.prefetch.ReadAheadWindow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What one handle, or all of an object together, want read ahead, in runs of blocks. Guarded by the
 * monitor of its object, but for what the {@link Headroom} uses.
 */
final class ReadAheadPlan {
  private final OpenObject object;
  private final @Nullable Attachment attachment;
  private final ReadAhead planner;
  private final int blockSize;
  private final AtomicLong planned = new AtomicLong();
  private volatile long lastReadNanos = System.nanoTime();
  private volatile long position;
  private volatile boolean givenBack;

  private ReadAheadWindow window = ReadAheadWindow.EMPTY;
  private boolean cut;
  private int[] starts = new int[4];
  private int[] ends = new int[4];
  private int runs;

  /** Runs before the first that is a guess. */
  private int likely;

  private int readStart;
  private int readEnd;

  /**
   * Creates a plan of nothing.
   *
   * @param attachment the session's; null if it is of several
   */
  ReadAheadPlan(
      OpenObject object, @Nullable Attachment attachment, ReadAhead planner, int blockSize) {
    this.object = object;
    this.attachment = attachment;
    this.planner = planner;
    this.blockSize = blockSize;
  }

  OpenObject object() {
    return object;
  }

  /** Returns what its prefetches load through: the session's own, null if any will do. */
  @Nullable Attachment attachment() {
    return attachment;
  }

  long planned() {
    return planned.get();
  }

  long setPlanned(long bytes) {
    return planned.getAndSet(bytes);
  }

  long lastReadNanos() {
    return lastReadNanos;
  }

  /** Returns the end of the last read, in bytes; 0 before the first. */
  long position() {
    return position;
  }

  /** Starts nothing more until the next read. */
  void giveBack() {
    givenBack = true;
  }

  /**
   * Plans anew after a read.
   *
   * @param budget bytes; what was delivered does not count
   */
  @SuppressWarnings("ReferenceEquality") // the same object is how a planner says nothing changed
  void update(ByteRange justRead, long budget, long now, DeliveredPages delivered) {
    lastReadNanos = now;
    position = justRead.end();
    readStart = (int) (justRead.start() / blockSize);
    readEnd = (int) ((justRead.end() + blockSize - 1) / blockSize);
    ReadAheadWindow next = planner.next(justRead, budget);
    if (next != window || cut || givenBack) {
      givenBack = false;
      window = next;
      plan(budget, delivered);
    }
  }

  private void plan(long budget, DeliveredPages delivered) {
    long left = budget / blockSize;
    runs = 0;
    cut = false;
    left = add(window.ranges(), left, delivered);
    likely = runs;
    add(window.guesses(), left, delivered);
  }

  /** Adds runs of {@code left} blocks at most; returns how many are left after them. */
  private long add(List<ByteRange> ranges, long most, DeliveredPages delivered) {
    long left = most;
    for (int i = 0; i < ranges.size() && !cut; i++) {
      ByteRange range = ranges.get(i);
      int start = (int) (range.start() / blockSize);
      int end = (int) ((range.end() + blockSize - 1) / blockSize);
      if (start < readEnd && end > readStart) {
        // The read itself brings its blocks.
        start = readEnd;
      }
      long untouched = delivered.untouched(start, end);
      if (untouched > left) {
        // What was delivered counts here, so that there is no search for where exactly.
        end = (int) Math.min(end, start + left);
        untouched = left;
        cut = true;
      }
      if (start < end) {
        add(start, end);
        left -= untouched;
      }
    }
    return left;
  }

  private void add(int start, int end) {
    if (runs == starts.length) {
      starts = Arrays.copyOf(starts, runs * 2);
      ends = Arrays.copyOf(ends, runs * 2);
    }
    starts[runs] = start;
    ends[runs] = end;
    runs++;
  }

  /** Returns what the planner takes the reads for. */
  String describe() {
    return planner.describe();
  }

  /** Returns whether the planner wanted more than it was given. */
  boolean isCut() {
    return cut;
  }

  /** Returns the runs in bytes. */
  List<ByteRange> ranges() {
    List<ByteRange> ranges = new ArrayList<>(runs);
    for (int i = 0; i < runs; i++) {
      ranges.add(object.bytes(starts[i], ends[i]));
    }
    return ranges;
  }

  /** Returns the bytes in all runs of blocks of which nothing was delivered. */
  long lengthWithout(DeliveredPages delivered) {
    long blocks = 0;
    for (int i = 0; i < runs; i++) {
      blocks += delivered.untouched(starts[i], ends[i]);
    }
    return blocks * blockSize;
  }

  /** Returns the blocks in the longest run that is no guess. */
  int longestRun() {
    int longest = 0;
    for (int i = 0; i < likely; i++) {
      longest = Math.max(longest, ends[i] - starts[i]);
    }
    return longest;
  }

  /** Returns the first block of the plan that is not in {@code settled}, or -1. */
  int firstWanted(BitSet settled) {
    if (givenBack) {
      return -1;
    }
    for (int i = 0; i < runs; i++) {
      int block = settled.nextClearBit(starts[i]);
      if (block < ends[i]) {
        return block;
      }
    }
    return -1;
  }

  /** Returns the end of the run that {@code block}, from {@link #firstWanted}, is in. */
  int runEnd(int block) {
    int run = runOf(block);
    return run < 0 ? block + 1 : ends[run];
  }

  /** Returns whether {@code block}, from {@link #firstWanted}, is a guess. */
  boolean isGuess(int block) {
    return runOf(block) >= likely;
  }

  /** Returns whether {@code block} is in a run. */
  boolean plans(int block) {
    return runOf(block) >= 0;
  }

  private int runOf(int block) {
    for (int i = 0; i < runs; i++) {
      if (starts[i] <= block && block < ends[i]) {
        return i;
      }
    }
    return -1;
  }

  /** Returns whether blocks from {@code start} on are at most {@code reach} from what it plans. */
  boolean reaches(int start, int reach) {
    for (int i = 0; i < runs; i++) {
      if (starts[i] - reach <= start && start < ends[i] + reach) {
        return true;
      }
    }
    return readStart - reach <= start && start < readEnd + reach;
  }

  /** Returns whether the handle reads or plans any of these blocks. */
  boolean wantsAny(int start, int end) {
    if (start < readEnd && readStart < end) {
      return true;
    }
    for (int i = 0; i < runs; i++) {
      if (start < ends[i] && starts[i] < end) {
        return true;
      }
    }
    return false;
  }
}
