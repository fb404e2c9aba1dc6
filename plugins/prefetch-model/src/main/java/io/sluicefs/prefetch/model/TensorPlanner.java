// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.prefetch.ReadAheadWindow;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Plans one handle on a file whose tensors are known: the rest of what it reads of the tensor it is
 * in, and the same part of the tensors it is expected to go to next, as far ahead as expectations
 * came true before. When they do not, it abstains. Not thread-safe.
 */
final class TensorPlanner {
  private static final long PAGE = 4096;

  /** Plans are made anew when so many bytes were read, or a part of what was planned. */
  private static final long STEP = 256 << 10;

  private static final int STEPS = 8;

  /** Tensors followed at once, as several threads may share a handle. */
  private static final int VISITS = 8;

  /** Tensors that were not read for so many reads are not planned. */
  private static final int RECENT_READS = 4 * VISITS;

  /** Expected tensors of which any may be the next one. */
  private static final int EXPECTED = 8;

  private static final int MOST_RANGES = 256;

  /** Returns to other tensors, of late, by which threads are told from reads out of order. */
  private static final int RETURNS_OF_THREADS = 4;

  private final TensorTable table;
  private final TensorOrder order;
  private final Slices slices = new Slices();
  private final long ahead;
  private final long chunk;

  /** With less trust than this the handle is left to others. */
  private final long leastTrust;

  private final List<Visit> visits = new ArrayList<>(VISITS);
  private final int[] expected = new int[EXPECTED];
  private int expectedCount;

  /** Expected tensors that are in the plan being made; an order may lead back to them. */
  private final BitSet chained = new BitSet();

  private @Nullable Visit newest;
  private @Nullable Visit last;

  /** The tensor the last step led to; -1 before the first. */
  private int from = -1;

  private boolean newestInFileOrder;
  private long reads;

  /** How often reading went back to a tensor of late, as it does when threads share the handle. */
  private int returns;

  /** Bytes of the largest read. */
  private long reach;

  /** How many bytes of expected tensors are planned. */
  private long trust;

  private ReadAheadWindow window = ReadAheadWindow.EMPTY;
  private long planned;
  private long readSincePlan;

  TensorPlanner(TensorTable table, ModelPrefetchConfig config) {
    this.table = table;
    this.order = new TensorOrder(table);
    this.ahead = config.ahead();
    this.chunk = config.limits().chunkSize();
    this.trust = Math.min(ahead, 2 * chunk);
    this.leastTrust = trust / 32;
  }

  /** Returns whether the handle reads in no way that was foreseen. */
  boolean abstains() {
    return trust < leastTrust;
  }

  ReadAheadWindow next(ByteRange read, long budget) {
    int tensor = tensorOf(read);
    if (tensor < 0) {
      // The head, or what lies between tensors.
      return fits(room(budget)) ? window : plan(room(budget));
    }
    reads++;
    readSincePlan += read.length();
    if (read.length() > reach) {
      reach = read.length();
      slices.reach(reach);
    }
    boolean moved = note(tensor, read);
    boolean due = readSincePlan >= Math.max(STEP, planned / STEPS);
    long room = room(budget);
    return moved || due || !fits(room) ? plan(room) : window;
  }

  /** Half the budget for one who also goes back in the file, as {@link ReadAhead#next} asks for. */
  private long room(long budget) {
    return order.isOfFile() ? budget : budget / 2;
  }

  /**
   * Returns the tensor a read is of. Linux reads around the page of a fault, so a read may begin in
   * the tensor before; the page is in its middle, and what the tensor has of it at its end.
   */
  private int tensorOf(ByteRange read) {
    long middle = read.start() + read.length() / 2 + PAGE - 1;
    return table.at(Math.min(middle, read.end() - 1));
  }

  private boolean fits(long room) {
    return planned <= room;
  }

  /** Notes a read; returns whether it says something new of what comes next. */
  private boolean note(int tensor, ByteRange read) {
    Visit visit = visitOf(tensor);
    if (visit != null && !isRecent(visit)) {
      end(visit);
      visit = null;
    }
    if (visit == null) {
      visit = begin(tensor, read);
    } else {
      returns += visit == last ? 0 : 1;
      boolean wasCertain = visit.isCertain();
      visit.extend(read, reads, 2 * reach);
      if (!wasCertain && visit.isCertain()) {
        step(visit);
      }
    }
    last = visit;
    return visit.reads() <= 2;
  }

  private boolean isRecent(Visit visit) {
    return reads - visit.lastRead() <= RECENT_READS;
  }

  private @Nullable Visit visitOf(int tensor) {
    for (Visit visit : visits) {
      if (visit.tensor() == tensor) {
        return visit;
      }
    }
    return null;
  }

  private Visit begin(int tensor, ByteRange read) {
    Visit before = last;
    returns /= 2;
    boolean inFileOrder =
        before != null
            && tensor > before.tensor()
            && Math.abs(read.start() - before.lastReadEnd()) <= reach;
    if (newest != null && !newest.isCertain()) {
      visits.remove(newest);
    }
    if (visits.size() == VISITS) {
      end(leastRecent());
    }
    Visit visit = new Visit(table, tensor, read, !inFileOrder, reads);
    visits.add(visit);
    newest = visit;
    newestInFileOrder = inFileOrder;
    if (visit.isCertain()) {
      step(visit);
    }
    return visit;
  }

  private Visit leastRecent() {
    Visit least = visits.getFirst();
    for (Visit visit : visits) {
      if (visit.lastRead() < least.lastRead()) {
        least = visit;
      }
    }
    return least;
  }

  /** Learns from the tensor that is meant now, and from what was read of the one before. */
  private void step(Visit to) {
    Visit before = from < 0 ? null : visitOf(from);
    if (before != null && before != to) {
      learnSlice(before);
    }
    if (from >= 0) {
      judge(to.tensor());
      order.learn(from, to.tensor(), newestInFileOrder);
    }
    from = to.tensor();
    expect();
  }

  private void judge(int tensor) {
    if (expectedCount == 0) {
      return;
    }
    boolean right = newestInFileOrder && order.isOfFile();
    for (int i = 0; i < expectedCount && !right; i++) {
      right = expected[i] == tensor;
    }
    trust = right ? Math.min(ahead, 2 * Math.max(trust, leastTrust)) : trust / 4;
  }

  private void expect() {
    expectedCount = 0;
    for (int tensor = order.next(from);
        tensor >= 0 && expectedCount < EXPECTED;
        tensor = order.next(tensor)) {
      expected[expectedCount++] = tensor;
    }
  }

  private void end(Visit visit) {
    learnSlice(visit);
    visits.remove(visit);
  }

  private void learnSlice(Visit visit) {
    long name = table.name(visit.tensor());
    if (visit.isCertain() && name != TensorName.UNKNOWN) {
      long start = table.start(visit.tensor());
      slices.learn(
          TensorName.kind(name),
          visit.longestStart() - start,
          visit.longestEnd() - start,
          table.length(visit.tensor()));
    }
  }

  private ReadAheadWindow plan(long room) {
    readSincePlan = 0;
    Ranges ranges = new Ranges(Math.min(room, ahead));
    for (int i = visits.size() - 1; i >= 0; i--) {
      Visit visit = visits.get(i);
      if (visit == last || (returns >= RETURNS_OF_THREADS && isRecent(visit))) {
        ranges.add(visit.end(), expectedEnd(visit));
      }
    }
    planExpected(ranges);
    planned = ranges.length();
    if (!ranges.list().equals(window.ranges())) {
      window = new ReadAheadWindow(ranges.list());
    }
    return window;
  }

  private void planExpected(Ranges ranges) {
    long most = ranges.length() + trust;
    chained.clear();
    int tensor = from < 0 ? -1 : order.next(from);
    for (int i = 0; i < MOST_RANGES && tensor >= 0 && !chained.get(tensor); i++) {
      if (visitOf(tensor) == null && !addSlice(ranges, tensor, most)) {
        return;
      }
      chained.set(tensor);
      tensor = order.next(tensor);
    }
  }

  /** Returns whether more may be added. */
  private boolean addSlice(Ranges ranges, int tensor, long most) {
    long start = table.start(tensor);
    long end = table.end(tensor);
    if (!order.isOfFile()) {
      int kind = TensorName.kind(table.name(tensor));
      if (!slices.isKnown(kind)) {
        return false;
      }
      end = start + slices.end(kind, end - start);
      start += slices.start(kind, table.length(tensor));
    }
    ranges.add(start, Math.min(end, start + most - ranges.length()));
    return ranges.length() < most && !ranges.isFull();
  }

  /** Returns up to where a tensor that is being read will be read, as far as can be told. */
  private long expectedEnd(Visit visit) {
    int tensor = visit.tensor();
    long start = table.start(tensor);
    long length = table.length(tensor);
    long begun = visit.start() - start;
    long come = visit.end() - start;
    if (order.isOfFile()) {
      return table.end(tensor);
    }
    long name = table.name(tensor);
    long likely = -1;
    if (name != TensorName.UNKNOWN && slices.isKnown(TensorName.kind(name))) {
      int kind = TensorName.kind(name);
      boolean begunThere = Math.abs(begun - slices.start(kind, length)) <= 2 * reach;
      likely = begunThere ? slices.end(kind, length) : -1;
    } else {
      likely = slices.endOfShare(begun, length);
    }
    if (come <= likely + 2 * reach) {
      return start + likely;
    }
    if (visit.reads() < 2) {
      return visit.end();
    }
    long grown = visit.end() + Math.max(chunk / 2, come - begun);
    return Math.min(grown, start + slices.nextBoundary(begun, come, length));
  }
}
