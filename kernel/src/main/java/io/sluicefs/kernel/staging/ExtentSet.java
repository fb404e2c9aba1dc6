// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import io.sluicefs.spi.ByteRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Ranges of a file that come and go. Kept in order in small arrays, for about 20 bytes of heap each
 * and for steps that are short however many there are: a file written at random has a million. Not
 * thread-safe.
 */
public final class ExtentSet {
  private static final int LEAF = 256;

  private static final class Leaf {
    private long[] bounds = new long[4];
    private int size;

    long start(int index) {
      return bounds[2 * index];
    }

    long end(int index) {
      return bounds[2 * index + 1];
    }

    long lastEnd() {
      return end(size - 1);
    }

    /** Replaces some of its ranges by others. */
    void splice(int at, int removed, long[] inserted) {
      int added = inserted.length / 2;
      int grown = size - removed + added;
      if (2 * grown > bounds.length) {
        bounds = Arrays.copyOf(bounds, Math.max(2 * grown, bounds.length * 2));
      }
      System.arraycopy(
          bounds, 2 * (at + removed), bounds, 2 * (at + added), 2 * (size - at - removed));
      System.arraycopy(inserted, 0, bounds, 2 * at, inserted.length);
      size = grown;
    }

    Leaf splitOff(int at) {
      Leaf rest = new Leaf();
      rest.bounds = Arrays.copyOfRange(bounds, 2 * at, 2 * size);
      rest.size = size - at;
      bounds = Arrays.copyOf(bounds, 2 * at);
      size = at;
      return rest;
    }
  }

  private final List<Leaf> leaves = new ArrayList<>();
  private long length;

  /** Creates an empty set. */
  public ExtentSet() {}

  /** Returns the number of bytes in all ranges together. */
  long length() {
    return length;
  }

  /** Returns whether there is no range. */
  public boolean isEmpty() {
    return leaves.isEmpty();
  }

  /** Returns the number of ranges. */
  int count() {
    int count = 0;
    for (Leaf leaf : leaves) {
      count += leaf.size;
    }
    return count;
  }

  /** Returns the offset after the last byte, 0 if there is none. */
  public long end() {
    return leaves.isEmpty() ? 0 : leaves.getLast().lastEnd();
  }

  void clear() {
    leaves.clear();
    length = 0;
  }

  /** Adds the bytes of a range, merging it with what it meets. */
  public void add(ByteRange range) {
    if (range.isEmpty()) {
      return;
    }
    // Those that touch the range are merged too, hence those that end at its start or later.
    int leaf = leafEndingAfter(range.start() - 1);
    if (leaf == leaves.size()) {
      append(range);
      return;
    }
    int at = indexEndingAfter(leaves.get(leaf), range.start() - 1);
    long start = Math.min(range.start(), leaves.get(leaf).start(at));
    long end = range.end();
    int met = 0;
    for (Cursor cursor = new Cursor(leaf, at);
        cursor.isValid() && cursor.start() <= range.end();
        cursor.advance()) {
      end = Math.max(end, cursor.end());
      length -= cursor.end() - cursor.start();
      met++;
    }
    length += end - start;
    replace(leaf, at, met, new long[] {start, end});
  }

  /** Takes away the bytes of a range. */
  public void remove(ByteRange range) {
    int leaf = leafEndingAfter(range.start());
    if (range.isEmpty() || leaf == leaves.size()) {
      return;
    }
    int at = indexEndingAfter(leaves.get(leaf), range.start());
    long start = leaves.get(leaf).start(at);
    long end = start;
    int met = 0;
    for (Cursor cursor = new Cursor(leaf, at);
        cursor.isValid() && cursor.start() < range.end();
        cursor.advance()) {
      end = cursor.end();
      length -= cursor.end() - cursor.start();
      met++;
    }
    if (met == 0) {
      return;
    }
    boolean before = start < range.start();
    boolean after = end > range.end();
    length += (before ? range.start() - start : 0) + (after ? end - range.end() : 0);
    long[] remaining = {start, range.start(), range.end(), end};
    replace(leaf, at, met, Arrays.copyOfRange(remaining, before ? 0 : 2, after ? 4 : 2));
  }

  /** Returns the parts of {@code within} that are in one of these. */
  Extents intersect(ByteRange within) {
    int leaf = leafEndingAfter(within.start());
    if (within.isEmpty() || leaf == leaves.size()) {
      return Extents.EMPTY;
    }
    long[] parts = new long[4];
    int size = 0;
    for (Cursor cursor = new Cursor(leaf, indexEndingAfter(leaves.get(leaf), within.start()));
        cursor.isValid() && cursor.start() < within.end();
        cursor.advance()) {
      if (size == parts.length) {
        parts = Arrays.copyOf(parts, 2 * size);
      }
      parts[size++] = Math.max(cursor.start(), within.start());
      parts[size++] = Math.min(cursor.end(), within.end());
    }
    return size == 0 ? Extents.EMPTY : new Extents(Arrays.copyOf(parts, size));
  }

  /** Returns whether any byte of {@code range} is in one of these. */
  boolean meets(ByteRange range) {
    int leaf = leafEndingAfter(range.start());
    return !range.isEmpty()
        && leaf < leaves.size()
        && leaves.get(leaf).start(indexEndingAfter(leaves.get(leaf), range.start())) < range.end();
  }

  /** Returns all ranges as they are now. */
  Extents snapshot() {
    return intersect(new ByteRange(0, end()));
  }

  /**
   * Returns how many bytes a disk takes for the parts of {@code window}, which starts and ends with
   * a block.
   */
  long blockBytes(ByteRange window, long blockSize) {
    long bytes = 0;
    long counted = window.start();
    for (ByteRange part : intersect(window)) {
      long start = Math.max(counted, part.start() / blockSize * blockSize);
      long end = (part.end() + blockSize - 1) / blockSize * blockSize;
      bytes += Math.max(0, end - start);
      counted = Math.max(counted, end);
    }
    return bytes;
  }

  private void append(ByteRange range) {
    if (leaves.isEmpty()) {
      leaves.add(new Leaf());
    }
    length += range.length();
    int last = leaves.size() - 1;
    replace(last, leaves.get(last).size, 0, new long[] {range.start(), range.end()});
  }

  /** Replaces ranges, which may go on in further leaves, by none, one or two others. */
  private void replace(int leaf, int at, int removed, long[] inserted) {
    Leaf first = leaves.get(leaf);
    int here = Math.min(removed, first.size - at);
    int left = removed - here;
    int next = leaf + 1;
    while (left > 0 && left >= leaves.get(next).size) {
      left -= leaves.get(next).size;
      next++;
    }
    if (left > 0) {
      leaves.get(next).splice(0, left, new long[0]);
    }
    leaves.subList(leaf + 1, next).clear();
    first.splice(at, here, inserted);
    if (first.size > LEAF) {
      leaves.add(leaf + 1, first.splitOff(at == first.size - 1 ? LEAF : LEAF / 2));
    } else if (first.size == 0) {
      leaves.remove(leaf);
    }
  }

  private int leafEndingAfter(long offset) {
    int low = 0;
    int high = leaves.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (leaves.get(middle).lastEnd() > offset) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  private static int indexEndingAfter(Leaf leaf, long offset) {
    int low = 0;
    int high = leaf.size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (leaf.end(middle) > offset) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  private final class Cursor {
    private int leaf;
    private int index;

    Cursor(int leaf, int index) {
      this.leaf = leaf;
      this.index = index;
    }

    boolean isValid() {
      return leaf < leaves.size();
    }

    long start() {
      return leaves.get(leaf).start(index);
    }

    long end() {
      return leaves.get(leaf).end(index);
    }

    void advance() {
      index++;
      if (index == leaves.get(leaf).size) {
        leaf++;
        index = 0;
      }
    }
  }
}
