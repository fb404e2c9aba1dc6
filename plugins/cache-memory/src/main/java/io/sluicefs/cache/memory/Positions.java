// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Where a reader reads: the block it asked for last in each of the places it reads at, as threads
 * that share a file handle read at several. Thread-safe without a lock; a moment's old value does,
 * and so does one that two threads noted over each other.
 */
final class Positions {
  private static final int MOST = 16;
  private static final long NONE = Long.MIN_VALUE;
  private static final long BEFORE_FIRST = -1;

  /** Returned if a block is ahead of no position. */
  static final long PASSED = Long.MAX_VALUE;

  private final AtomicLongArray blocks = new AtomicLongArray(MOST);
  private final AtomicLongArray notedAt = new AtomicLongArray(MOST);
  private volatile int latest;

  /** Creates the positions of a reader who is expected to begin at 0, until it reads something. */
  Positions() {
    for (int i = 1; i < MOST; i++) {
      blocks.setPlain(i, NONE);
    }
    blocks.set(0, BEFORE_FIRST);
  }

  /**
   * Notes that a block was asked for.
   *
   * @param nearby how many blocks two reads of one place are apart at most
   * @param clock by which {@link #ahead} tells what is old
   */
  void note(long block, long nearby, long clock) {
    int at = latest;
    if (blocks.getOpaque(at) == block) {
      return;
    }
    int place = placeOf(block, nearby);
    blocks.setOpaque(place, block);
    notedAt.setOpaque(place, clock);
    if (place != at) {
      latest = place;
    }
  }

  private int placeOf(long block, long nearby) {
    int oldest = 0;
    for (int i = 0; i < MOST; i++) {
      long position = blocks.getOpaque(i);
      if (position < 0 || Math.abs(position - block) <= nearby) {
        return i;
      }
      if (notedAt.getOpaque(i) < notedAt.getOpaque(oldest)) {
        oldest = i;
      }
    }
    return oldest;
  }

  /**
   * Returns how many blocks before {@code block} the nearest position is, {@link #PASSED} if none
   * is. One it is not older than {@code since}, unless it is the latest, counts as left for good.
   */
  long ahead(long block, long nearby, long since) {
    long nearest = PASSED;
    for (int i = 0; i < MOST; i++) {
      long position = blocks.getOpaque(i);
      if (position == NONE) {
        break;
      }
      long ahead = block - position;
      if (ahead >= -nearby && (i == latest || notedAt.getOpaque(i) >= since)) {
        nearest = Math.min(nearest, Math.max(0, ahead));
      }
    }
    return nearest;
  }
}
