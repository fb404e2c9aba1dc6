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
 */
public record ReadAheadWindow(List<ByteRange> ranges) {
  /** Nothing. */
  public static final ReadAheadWindow EMPTY = new ReadAheadWindow(List.of());

  public ReadAheadWindow {
    ranges = List.copyOf(ranges);
  }

  /** Returns the number of bytes in all ranges. */
  public long length() {
    long length = 0;
    for (ByteRange range : ranges) {
      length += range.length();
    }
    return length;
  }
}
