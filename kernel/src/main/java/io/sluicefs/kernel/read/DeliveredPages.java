// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import java.util.BitSet;

/**
 * Which pages of an object were handed to the Linux kernel, whose page cache has them: there is no
 * point in reading those ahead again once our own cache gave them up. Not thread-safe.
 */
final class DeliveredPages {
  private static final int PAGE_SHIFT = 12;

  /** At most 2 MiB of bits for one object; pages of larger objects are larger. */
  private static final int MOST_PAGES = 1 << 24;

  private final int blockSize;
  private final int shift;
  private final BitSet pages = new BitSet();

  /** Blocks of which something was handed out. */
  private final BitSet blocks = new BitSet();

  DeliveredPages(long size, int blockSize) {
    this.blockSize = blockSize;
    int enough = PAGE_SHIFT;
    while (size >>> enough >= MOST_PAGES) {
      enough++;
    }
    shift = enough;
  }

  /** Notes that the bytes from {@code start} to {@code end} were handed out. */
  void mark(long start, long end) {
    pages.set(page(start), pageAfter(end));
    blocks.set((int) (start / blockSize), (int) ((end - 1) / blockSize) + 1);
  }

  /** Returns whether anything of a block was handed out. */
  boolean containsAnyOf(int block) {
    return blocks.get(block);
  }

  /** Returns how many of the blocks from {@code start} to {@code end} nothing was handed out of. */
  int untouched(int start, int end) {
    int count = 0;
    int block = blocks.nextClearBit(start);
    while (block < end) {
      int next = blocks.nextSetBit(block);
      int after = next < 0 ? end : Math.min(next, end);
      count += after - block;
      block = blocks.nextClearBit(after);
    }
    return count;
  }

  /** Returns whether all of them were handed out. */
  boolean containsAll(long start, long end) {
    return pages.nextClearBit(page(start)) >= pageAfter(end);
  }

  /** Returns whether any of them was handed out. */
  boolean containsAny(long start, long end) {
    int first = pages.nextSetBit(page(start));
    return first >= 0 && first < pageAfter(end);
  }

  /** Forgets what was handed out from {@code start} on. */
  void clearFrom(long start) {
    int first = page(start);
    if (first < pages.length()) {
      pages.clear(first, pages.length());
    }
    int block = (int) (start / blockSize);
    int after = containsAny((long) block * blockSize, start) ? block + 1 : block;
    if (after < blocks.length()) {
      blocks.clear(after, blocks.length());
    }
  }

  private int page(long offset) {
    return (int) (offset >>> shift);
  }

  private int pageAfter(long end) {
    return (int) ((end + (1L << shift) - 1) >>> shift);
  }
}
