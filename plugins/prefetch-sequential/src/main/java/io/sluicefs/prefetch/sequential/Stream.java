// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.sequential;

/**
 * Reads of one handle that follow each other, and what is planned ahead of them. Not thread-safe.
 */
final class Stream {
  /** A window starts no smaller than this part of a chunk, and ends on a chunk. */
  private static final int FIRST_WINDOW_PARTS = 2;

  /** Windows that hold fewer than two chunks move in steps of this part of a chunk. */
  private static final int NARROW_PARTS = 8;

  /**
   * Linux reads so much more than a program does when its own readahead meets the end of a piece.
   */
  private static final long OVERSHOOT = 2 << 20;

  private final SequentialPrefetchConfig config;
  private final long chunk;
  private final long mostAhead;
  private final long size;
  private final Yield yield;
  private final Holes holes = new Holes();

  private long start;
  private long frontier;
  private long expectedEnd;
  private boolean sure;
  private boolean ended;
  private long abandoned;
  private int reads;
  private long lastRead;
  private long plannedStart;
  private long plannedEnd;

  /**
   * Creates a stream that is not used yet.
   *
   * @param yield of the handle; told what of its plans was read
   */
  Stream(SequentialPrefetchConfig config, long size, Yield yield) {
    this.config = config;
    this.yield = yield;
    this.chunk = config.limits().chunkSize();
    this.mostAhead = config.window().bytes(config.limits());
    this.size = size;
  }

  /**
   * Starts anew with a read at {@code now}, counted in reads of the handle.
   *
   * @param expectedLength how long it is likely to be; 0 if nothing is known
   */
  void begin(long readStart, long readEnd, long now, long expectedLength) {
    abandon();
    start = readStart;
    frontier = readEnd;
    expectedEnd = readStart + expectedLength;
    sure = false;
    ended = false;
    abandoned = 0;
    reads = 1;
    lastRead = now;
    holes.clear();
  }

  /** Takes reads for being in order whatever their number. */
  void trust() {
    reads = Math.max(reads, config.detectCount());
  }

  /** Plans to the expected end at once. */
  void trustExpectedEnd() {
    trust();
    sure = true;
  }

  boolean isUsed() {
    return reads > 0;
  }

  /** Returns whether enough reads followed each other to plan ahead of them. */
  boolean isDetected() {
    return reads >= config.detectCount();
  }

  /** Takes it for ended, as the reader went elsewhere; until a read goes on with it. */
  void end() {
    ended = true;
  }

  boolean isEnded() {
    return ended;
  }

  /** Returns whether it was taken for ended, and is no more. */
  boolean takeEnded() {
    boolean was = ended;
    ended = false;
    return was;
  }

  /** Returns whether it came as far as was expected of it. */
  boolean isAtExpectedEnd() {
    return expectedEnd > start && RunLengths.areAlike(length(), expectedEnd - start);
  }

  long start() {
    return start;
  }

  /** Returns the bytes from its first to its last. */
  long length() {
    return frontier - start;
  }

  long lastRead() {
    return lastRead;
  }

  /**
   * Returns how far a read is from where this stream goes on, or -1 if it is not of it. A stream
   * that is not yet detected takes only what is as near as the read is long, or random reads would
   * soon look like an order.
   */
  long distance(long readStart, long readEnd) {
    if (!isUsed()) {
      return -1;
    }
    long tolerance = isDetected() ? config.maxJump() : readEnd - readStart;
    long lowest = Math.max(start - (readEnd - readStart), frontier - config.maxJump());
    boolean isNear = readStart >= lowest && readStart <= frontier + tolerance;
    if (!isNear && !holes.contains(readStart)) {
      return -1;
    }
    return Math.abs(readStart - frontier);
  }

  /** Adds a read {@link #distance} accepted. */
  void extend(long readStart, long readEnd, long now) {
    if (readEnd > frontier || readStart < start) {
      reads++;
    }
    yield.used(Math.max(0, readEnd - frontier));
    if (abandoned > 0) {
      yield.wasted(-abandoned);
      abandoned = 0;
    }
    if (readStart > frontier) {
      holes.add(frontier, readStart);
    } else if (readStart < frontier) {
      holes.fill(readStart, readEnd);
    }
    start = Math.min(start, readStart);
    frontier = Math.max(frontier, readEnd);
    lastRead = now;
  }

  /**
   * Plans up to {@code budget} bytes. The window reaches as far ahead as the stream has come, so it
   * doubles while the reader uses it up, and stays the same while the reader stays within a chunk.
   * It does not pass the expected end; if the reader does, it grows anew from there.
   *
   * @return whether the plan changed
   */
  boolean plan(long budget) {
    long step = budget >= 2 * chunk ? chunk : Math.max(1, chunk / NARROW_PARTS);
    // Not what was left out long ago, or nothing of the budget would be left for what comes next.
    long from = holes.first(frontier - budget / 2, Math.max(start, frontier - frontier % step));
    long affordable = size - from <= budget ? size : roundDown(from + budget, step);
    long to = Math.min(windowEnd(), affordable);
    return to > frontier ? set(from, to) : set(0, 0);
  }

  /** Plans nothing any more; returns whether that is a change. */
  boolean abandon() {
    if (plannedEnd > frontier) {
      abandoned = plannedEnd - frontier;
      yield.wasted(abandoned);
    }
    return set(0, 0);
  }

  private long windowEnd() {
    if (config.window().isUnlimited()) {
      return size;
    }
    boolean expected = frontier <= expectedEnd + RunLengths.SLACK && expectedEnd > start;
    if (sure && !expected && frontier <= expectedEnd + OVERSHOOT) {
      return frontier;
    }
    long grown = frontier - (expected ? start : Math.max(start, expectedEnd));
    long ahead = yield.of(Math.max(chunk / FIRST_WINDOW_PARTS, grown));
    long most = roundUp(frontier, chunk) + mostAhead;
    long end = Math.min(most, roundUp(frontier + ahead, chunk));
    if (expected) {
      end = sure ? Math.min(most, expectedEnd) : Math.min(end, expectedEnd);
    }
    return Math.min(size, end);
  }

  private boolean set(long from, long to) {
    boolean changed = from != plannedStart || to != plannedEnd;
    plannedStart = from;
    plannedEnd = to;
    return changed;
  }

  long plannedStart() {
    return plannedStart;
  }

  long plannedEnd() {
    return plannedEnd;
  }

  private static long roundDown(long value, long step) {
    return value - value % step;
  }

  private static long roundUp(long value, long step) {
    return roundDown(value + step - 1, step);
  }
}
