// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import io.sluicefs.spi.ByteRange;

/** What a handle reads of one tensor, from its first read there until it goes elsewhere. */
final class Visit {
  /** How far a read may be from the one before it and still go on with it. */
  private static final long NEAR = 4 << 20;

  private final int tensor;
  private final long tensorStart;
  private final long tensorEnd;
  private boolean certain;
  private long longestStart;
  private long longestEnd;
  private long start;
  private long end;
  private long lastReadEnd;
  private int reads;
  private long lastRead;

  /**
   * Begins with a read.
   *
   * @param certain whether the tensor is meant; a read may be no more than what Linux reads beyond
   *     the tensor before
   * @param now counted in reads of the handle
   */
  Visit(TensorTable table, int tensor, ByteRange read, boolean certain, long now) {
    this.tensor = tensor;
    this.tensorStart = table.start(tensor);
    this.tensorEnd = table.end(tensor);
    this.certain = certain || (read.start() <= tensorStart && read.end() >= tensorEnd);
    begin(read, now);
  }

  private void begin(ByteRange read, long now) {
    start = Math.max(tensorStart, read.start());
    end = Math.min(tensorEnd, read.end());
    lastReadEnd = read.end();
    reads = 1;
    lastRead = now;
    keepLongest();
  }

  private void keepLongest() {
    if (end - start > longestEnd - longestStart) {
      longestStart = start;
      longestEnd = end;
    }
  }

  /**
   * Goes on with a read whose middle is in the tensor.
   *
   * @param beyond how far Linux reads on beyond what is wanted
   */
  void extend(ByteRange read, long now, long beyond) {
    if (read.start() > end + NEAR || read.end() < start - NEAR) {
      certain = true;
      begin(read, now);
      return;
    }
    start = Math.min(start, Math.max(tensorStart, read.start()));
    end = Math.max(end, Math.min(tensorEnd, read.end()));
    certain |= end - tensorStart > beyond || end == tensorEnd;
    lastReadEnd = read.end();
    reads++;
    lastRead = now;
    keepLongest();
  }

  int tensor() {
    return tensor;
  }

  /** Returns whether the tensor is meant. */
  boolean isCertain() {
    return certain;
  }

  /** Returns where the longest piece starts that was read without a gap to speak of. */
  long longestStart() {
    return longestStart;
  }

  /** Returns where it ends. */
  long longestEnd() {
    return longestEnd;
  }

  /** Returns where the piece starts that is being read. */
  long start() {
    return start;
  }

  /** Returns up to where it was read. */
  long end() {
    return end;
  }

  /** Returns where the last read ended, even if that is beyond the tensor. */
  long lastReadEnd() {
    return lastReadEnd;
  }

  /** Returns the number of reads that followed each other. */
  int reads() {
    return reads;
  }

  long lastRead() {
    return lastRead;
  }
}
