// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.sequential;

import io.sluicefs.spi.ByteRange;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * What a handle that reads an object in pieces of any order has not read yet. Where its next piece
 * is nobody can tell. Who has read more than half of the object here and there is likely to read
 * the rest too; before that, who has read several long pieces that adjoin each other as often as
 * chance has it. Not so who goes through the object once and leaves something out, nor a rank of
 * several that reads its share of every tensor: its pieces do not adjoin. Not thread-safe.
 */
final class Remainder {
  private static final long UNIT = 1 << 20;

  /** Of so many jumps one at least goes back, and one at least forward. */
  private static final int JUMPS = 4;

  /** Jumps before anything is guessed of an object that is not half read. */
  private static final int FIRST_JUMPS = 8;

  /**
   * Units between pieces that adjoin: where requests of two meet, one may lack a little in both.
   */
  private static final int NEAR = 2;

  /** Shorter pieces seem to adjoin when Linux reads beyond them. */
  private static final long LONG_PIECE = 4 << 20;

  /** Of what chance has, so much of it at least has to be seen. */
  private static final int CHANCE_PARTS = 4;

  /** Jumps that chance would have led to guesses before it is judged by them. */
  private static final int EXPECTED_HITS = 4;

  /** Beyond what was read lies the rest of the object, if it is no longer than so much of it. */
  private static final int REACH_PARTS = 4;

  /** Of what is not read, so much of it at least fits into memory, or guesses are seldom hit. */
  private static final int MEMORY_PARTS = 4;

  private final long size;
  private final int units;
  private final BitSet read = new BitSet();
  private int readUnits;
  private int forward;
  private int back;
  private int adjoining;

  /** What was guessed and is not read yet, though it may no longer be planned. */
  private final BitSet guessed = new BitSet();

  private int hits;
  private double expectedHits;

  Remainder(long size) {
    this.size = size;
    this.units = Math.toIntExact((size + UNIT - 1) / UNIT);
  }

  /** Notes what a run read so far. Requests end beside pieces, so a unit may lack a little. */
  void add(Stream run) {
    int after = unitAfter(run);
    for (int unit = read.nextClearBit(firstUnit(run));
        unit < after;
        unit = read.nextClearBit(unit + 1)) {
      read.set(unit);
      readUnits++;
    }
  }

  /** Notes that a run ended and the reader went on at {@code offset}. */
  void jumped(Stream run, long offset) {
    add(run);
    int first = firstUnit(run);
    int after = unitAfter(run);
    adjoining += isAnyRead(Math.max(0, first - NEAR), first) ? 1 : 0;
    adjoining += isAnyRead(after, after + NEAR) ? 1 : 0;
    if (offset > run.start()) {
      forward++;
    } else {
      back++;
    }
    guessed.andNot(read);
    hits += guessed.get((int) (offset / UNIT)) ? 1 : 0;
    expectedHits += (double) guessed.cardinality() / Math.max(1, units - readUnits);
  }

  private static int firstUnit(Stream run) {
    return (int) ((Math.max(0, run.start() - RunLengths.SLACK) + UNIT - 1) / UNIT);
  }

  private int unitAfter(Stream run) {
    long end = run.start() + run.length();
    return end >= size ? units : (int) ((end + RunLengths.SLACK) / UNIT);
  }

  private boolean isAnyRead(int from, int to) {
    int next = read.nextSetBit(from);
    return next >= 0 && next < to;
  }

  private long unread() {
    return (units - readUnits) * UNIT;
  }

  private boolean isHalfRead() {
    return readUnits > units / 2;
  }

  /**
   * Returns whether it is likely to be read.
   *
   * @param piece how long the pieces are
   */
  boolean isExpected(long piece) {
    int least = (forward + back) / JUMPS;
    boolean inAnyOrder = forward >= least && back >= least && back > 0;
    return inAnyOrder && (isHalfRead() || looksLikeAll(piece));
  }

  private boolean looksLikeAll(long piece) {
    if (piece < LONG_PIECE || forward + back < FIRST_JUMPS) {
      return false;
    }
    double pieces = (double) readUnits * UNIT / piece;
    double expectedAdjoining = pieces * pieces * piece / size;
    return CHANCE_PARTS * adjoining >= Math.max(CHANCE_PARTS, expectedAdjoining)
        && (expectedHits < EXPECTED_HITS || CHANCE_PARTS * hits >= expectedHits);
  }

  /**
   * Guesses what will be read: what was guessed before, and more up to as much as was read, so that
   * a reader who stops has cost no more than as much again. From the end of what is expected back,
   * as what lies behind all readers is what caches give up first.
   *
   * @param most bytes there is memory for
   * @param piece how long the pieces are
   */
  List<ByteRange> guess(long most, long piece) {
    guessed.andNot(read);
    boolean all = isHalfRead();
    if (!all && most < unread() / MEMORY_PARTS) {
      return List.of();
    }
    int pieceUnits = (int) Math.max(1, piece / UNIT);
    int more = (int) Math.min(most / UNIT, readUnits) - guessed.cardinality();
    int first = all ? 0 : expectedFrom();
    int unit = all ? units : expectedTo();
    for (int left = more - more % pieceUnits; left > 0 && unit > first; ) {
      unit--;
      if (!read.get(unit) && !guessed.get(unit)) {
        guessed.set(unit);
        left--;
      }
    }
    return guessedRanges(most);
  }

  private List<ByteRange> guessedRanges(long most) {
    List<ByteRange> ranges = new ArrayList<>();
    long left = most;
    for (int last = guessed.length() - 1; last >= 0 && left > 0; ) {
      int before = guessed.previousClearBit(last);
      long end = Math.min(size, (last + 1) * UNIT);
      long start = Math.max((before + 1) * UNIT, end - left);
      ranges.add(new ByteRange(start, end));
      left -= end - start;
      last = guessed.previousSetBit(before);
    }
    return ranges;
  }

  /**
   * Returns the unit before which nothing is expected: who has not read half may keep to a part.
   */
  private int expectedFrom() {
    int lowest = read.nextSetBit(0);
    return REACH_PARTS * lowest <= units - lowest ? 0 : lowest;
  }

  private int expectedTo() {
    int highest = read.length();
    return REACH_PARTS * (units - highest) <= highest ? units : highest;
  }
}
