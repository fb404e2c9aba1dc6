// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.prefetch;

import io.sluicefs.spi.ByteRange;
import java.util.List;

/**
 * Bytes planned to be read ahead: a statement of what is wanted now, not a list of orders. The
 * kernel fetches what is new in it, keeps what is under way and still in it, and may cancel what no
 * longer is.
 *
 * @param ranges in the order they will be needed; within the object, not empty, not overlapping
 * @param guesses what may be needed some time, though nobody can tell when: fetched while {@code
 *     ranges} and what readers wait for leave connections idle. Like them, and overlapping none.
 *     Since 1.4
 */
public record ReadAheadWindow(List<ByteRange> ranges, List<ByteRange> guesses) {
  /** Nothing. */
  public static final ReadAheadWindow EMPTY = new ReadAheadWindow(List.of());

  public ReadAheadWindow {
    ranges = List.copyOf(ranges);
    guesses = List.copyOf(guesses);
  }

  /** Creates a window without guesses. */
  public ReadAheadWindow(List<ByteRange> ranges) {
    this(ranges, List.of());
  }

  /** Returns the number of bytes in all ranges, guesses included. */
  public long length() {
    return length(ranges) + length(guesses);
  }

  private static long length(List<ByteRange> ranges) {
    long length = 0;
    for (ByteRange range : ranges) {
      length += range.length();
    }
    return length;
  }
}
