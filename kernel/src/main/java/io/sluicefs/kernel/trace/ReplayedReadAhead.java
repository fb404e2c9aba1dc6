// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.trace;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.prefetch.ReadAheadWindow;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Plans one handle by the trace of its object. */
final class ReplayedReadAhead implements ReadAhead {
  /** Most ranges of a window, as the kernel looks through them. */
  private static final int MOST_RANGES = 256;

  /** The window is moved when this part of it was read. */
  private static final int STEPS = 8;

  /** Reads of what the trace does not have, one after the other, until it is given up. */
  private static final int MOST_STRAYS = 8;

  private final @Nullable ObjectTrace trace;
  private final long most;
  private int strays;
  private ReadAheadWindow window = ReadAheadWindow.EMPTY;

  /** Granules of the trace before the window, and before its end. */
  private long from;

  private long to;
  private long planned;

  /**
   * Creates a planner.
   *
   * @param trace null to abstain from everything
   * @param most bytes of a window
   */
  ReplayedReadAhead(@Nullable ObjectTrace trace, long most) {
    this.trace = trace;
    this.most = most;
  }

  @Override
  public boolean abstains() {
    return trace == null || strays >= MOST_STRAYS;
  }

  @Override
  public ReadAheadWindow next(ByteRange justRead, long budget) {
    ObjectTrace order = trace;
    if (order == null) {
      return ReadAheadWindow.EMPTY;
    }
    // As the order goes back in the object, too.
    long room = budget / 2;
    int granule = Granules.of(justRead.start());
    int run = order.runOf(granule, Granules.after(justRead.end()));
    if (run < 0) {
      strays++;
      return abstains() || planned > room ? none() : window;
    }
    strays = 0;
    int within = Math.max(0, granule - order.start(run));
    long at = order.before(run) + (long) within;
    boolean isBehind = at < from && from - at <= to - from;
    boolean isInStep = at >= from && at - from <= (to - from) / STEPS;
    if (planned == 0 || planned > room || !(isBehind || isInStep)) {
      plan(order, run, within, Math.min(most, room));
    }
    return window;
  }

  @Override
  public String describe() {
    return "read as the trace says";
  }

  private ReadAheadWindow none() {
    window = ReadAheadWindow.EMPTY;
    from = 0;
    to = 0;
    planned = 0;
    return window;
  }

  private void plan(ObjectTrace order, int first, int within, long budget) {
    List<ByteRange> ranges = new ArrayList<>();
    long left = budget;
    from = order.before(first) + (long) within;
    to = from;
    int skipped = within;
    for (int run = first; run < order.runs() && left > 0 && ranges.size() < MOST_RANGES; run++) {
      int granules = order.count(run) - skipped;
      long start = Granules.offset(order.start(run) + skipped);
      long end = Math.min(order.size(), start + granules * Granules.BYTES);
      end = Math.min(end, start + left);
      left -= end - start;
      to += granules;
      add(ranges, start, end);
      skipped = 0;
    }
    planned = budget - left;
    window = ranges.isEmpty() ? ReadAheadWindow.EMPTY : new ReadAheadWindow(ranges);
  }

  private static void add(List<ByteRange> ranges, long start, long end) {
    if (!ranges.isEmpty() && ranges.getLast().end() == start) {
      ranges.set(ranges.size() - 1, new ByteRange(ranges.getLast().start(), end));
    } else {
      ranges.add(new ByteRange(start, end));
    }
  }
}
