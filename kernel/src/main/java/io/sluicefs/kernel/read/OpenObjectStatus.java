// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import io.sluicefs.spi.ByteRange;
import java.util.List;

/**
 * A version of an object that is open, as it is at one moment.
 *
 * @param summary what reading it did so far
 * @param held ranges that are in the first cache
 * @param loading ranges read-ahead has asked for
 * @param readers one a handle
 */
public record OpenObjectStatus(
    ObjectSummary summary, List<ByteRange> held, List<ByteRange> loading, List<Reader> readers) {
  /**
   * One handle, or what all of them are together.
   *
   * @param together whether it is all of them
   * @param position the end of its last read in bytes
   * @param pattern what its planner takes its reads for
   * @param limit why it plans no more than it does; empty if nothing keeps it
   * @param window what it wants ahead
   */
  public record Reader(
      boolean together, long position, String pattern, String limit, List<ByteRange> window) {}
}
