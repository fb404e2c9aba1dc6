// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.prefetch;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.prefetch.PresentBytes;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.prefetch.ReadAheadWindow;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * An object of which is in memory what was read, in pages: the head given, and zeros. For tests of
 * planners that look at what is read. Used by one thread.
 */
public final class ReadObject implements PresentBytes {
  private static final int PAGE = 4096;

  private final byte[] head;
  private final long size;
  private final BitSet pages = new BitSet();
  private boolean asked;

  /**
   * Creates an object nothing was read of.
   *
   * @param head what it begins with; no longer than the object
   * @param size bytes of the object
   */
  public ReadObject(byte[] head, long size) {
    this.head = head.clone();
    this.size = size;
  }

  /** Returns the size in bytes. */
  public long size() {
    return size;
  }

  /** Asks a planner after a read; what is read is there the next time, as it is in the kernel. */
  public ReadAheadWindow next(ReadAhead planner, ByteRange read, long budget) {
    asked = true;
    try {
      return planner.next(read, budget);
    } finally {
      asked = false;
      pages.set((int) (read.start() / PAGE), (int) ((read.end() + PAGE - 1) / PAGE));
    }
  }

  @Override
  public int copy(long offset, ByteBuffer target) {
    if (!asked) {
      throw new IllegalStateException("looked at the object while nobody asked for a plan");
    }
    if (offset < 0) {
      throw new IllegalArgumentException("looked before the object: " + offset);
    }
    int copied = 0;
    for (long at = offset;
        at < size && target.hasRemaining() && pages.get((int) (at / PAGE));
        at++) {
      target.put(at < head.length ? head[(int) at] : 0);
      copied++;
    }
    return copied;
  }
}
