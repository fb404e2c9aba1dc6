// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Which block goes when another needs its memory.
 *
 * <ol>
 *   <li>A block that was read and that all readers of its object have passed: nobody reaches it by
 *       reading on. The one read longest ago first.
 *   <li>Read-ahead that was for nothing: not read while the cache was loaded twice over, or passed
 *       by all readers and not read while half of it was.
 *   <li>A block that was read and that some reader has still ahead of it: the one furthest from its
 *       nearest reader. When a fast and a slow reader are further apart than the cache is large,
 *       that saves what the slow one needs soon; the least recently used block would be the very
 *       one it needs next.
 *   <li>For a read somebody waits for, not for read-ahead: read-ahead that was not read, the latest
 *       loaded first, as the earlier is needed sooner.
 * </ol>
 *
 * <p>A block counts as read when its lease was handed out once, whatever part of it was read. A
 * reader has passed a block when the last block it asked for is more than 2 MiB beyond, or a
 * sixteenth of a small cache, at each of the places it reads at: requests that overtake each other
 * lose nothing, nor do threads that share a handle. A place nobody read at while the cache was
 * loaded twice over is none, unless it was the last. A block that is being read piece by piece,
 * perhaps by one of several threads that read different parts through one handle, is not chosen in
 * step 3.
 *
 * <p>Blocks stand in the order in which they were first read; one that was touched again much later
 * moves to the end when it is found. Not all of them are compared, only {@value #LOOK} or so from
 * each end: with readers that go forward the furthest are at one of them. As many more are compared
 * each time from where the last comparison ended, so that what a reader passed is found between
 * what another has still ahead.
 *
 * <p>Guarded by the cache's lock, but for {@link #touch}, which is called at every hit.
 */
final class EvictionOrder {
  private static final int LOOK = 32;
  private static final int NEARBY = 2 << 20;
  private static final long NEVER = Positions.PASSED;

  private final long nearby;
  private long capacity;
  private final BlockList unread = new BlockList();
  private final BlockList read = new BlockList();

  /** Where the comparison of blocks that are at neither end goes on; null is at the first. */
  private @Nullable Block hand;

  /** Blocks read for the first time and still in {@link #unread}, latest first. */
  private final AtomicReference<@Nullable Block> lately = new AtomicReference<>();

  /** Counts loaded blocks: the time by which blocks are old or young. */
  private final AtomicLong clock = new AtomicLong();

  /** Creates the order of a cache of {@code capacity} blocks. */
  EvictionOrder(long capacity, int blockSize) {
    this.capacity = capacity;
    this.nearby = Math.max(1, Math.min(NEARBY / blockSize, capacity / 16));
  }

  /** Judges what is old by another capacity in blocks. */
  void setCapacity(long other) {
    capacity = other;
  }

  /**
   * Notes that a block was handed out.
   *
   * @param positions of its reader
   */
  void touch(Block block, Positions positions) {
    positions.note(block.index(), nearby, clock.getOpaque());
    if (block.touch(clock.getOpaque())) {
      Block before;
      do {
        before = lately.get();
        block.nextRead = before;
      } while (!lately.compareAndSet(before, block));
    }
  }

  /** Adds a block that was loaded and not yet handed out. */
  void add(Block block) {
    sortLatelyRead();
    block.listedAt = clock.incrementAndGet();
    unread.addLast(block);
  }

  /** Removes a block. */
  void remove(Block block) {
    if (block == hand) {
      hand = block.next;
    }
    if (block.list != null) {
      block.list.remove(block);
    }
  }

  /**
   * Claims the block to give up next, or returns null if there is none.
   *
   * @param forRead whether somebody waits for the memory
   */
  @Nullable Block claimVictim(boolean forRead) {
    sortLatelyRead();
    Block furthest = furthestRead();
    if (furthest != null && distance(furthest) == NEVER && furthest.claim()) {
      return furthest;
    }
    Block useless = uselessReadAhead();
    if (useless != null && useless.claim()) {
      return useless;
    }
    if (furthest != null && furthest.claim()) {
      return furthest;
    }
    for (Block block = read.first(); block != null; block = block.next) {
      if (block.claim()) {
        return block;
      }
    }
    if (forRead) {
      for (Block block = unread.last(); block != null; block = block.previous) {
        if (block.claim()) {
          return block;
        }
      }
    }
    return null;
  }

  /** Returns whether a read that waits would get one. */
  boolean hasUnpinned() {
    return hasUnpinned(read) || hasUnpinned(unread);
  }

  private static boolean hasUnpinned(BlockList blocks) {
    Block block = blocks.first();
    while (block != null && block.isPinned()) {
      block = block.next;
    }
    return block != null;
  }

  /** Returns the read block furthest from its readers, the oldest of equals; not a pinned one. */
  private @Nullable Block furthestRead() {
    Furthest furthest = new Furthest();
    Block block = read.first();
    for (int i = 0; i < LOOK && block != null && !furthest.isPassed(); i++) {
      Block next = block.next;
      if (block.touchedAt() - block.listedAt > capacity / 8) {
        remove(block);
        block.listedAt = block.touchedAt();
        read.addLast(block);
      } else {
        furthest.offer(block);
      }
      block = next;
    }
    block = read.last();
    for (int i = 0; i < 2 * LOOK && block != null && !furthest.isPassed(); i++) {
      furthest.offer(block);
      block = block.previous;
    }
    for (int i = 0; i < LOOK && !furthest.isPassed(); i++) {
      block = hand == null ? read.first() : hand;
      if (block == null) {
        break;
      }
      furthest.offer(block);
      hand = block.next;
    }
    return furthest.block;
  }

  /** The furthest of the blocks compared so far. */
  private final class Furthest {
    private @Nullable Block block;
    private long worth = -1;

    void offer(Block other) {
      if (!other.isPinned() && worth(other) > worth) {
        block = other;
        worth = worth(other);
      }
    }

    boolean isPassed() {
      return worth == NEVER;
    }
  }

  private long worth(Block block) {
    long distance = distance(block);
    boolean inUse = clock.getOpaque() - block.touchedAt() < Math.min(LOOK, capacity / 8);
    return distance < NEVER && inUse ? 0 : distance;
  }

  private @Nullable Block uselessReadAhead() {
    Block block = unread.first();
    for (int i = 0; i < LOOK && block != null; i++) {
      long age = clock.getOpaque() - block.listedAt;
      if (age <= capacity / 2) {
        return null;
      }
      if (!block.isPinned() && (age > 2 * capacity || distance(block) == NEVER)) {
        return block;
      }
      block = block.next;
    }
    return null;
  }

  /** Returns how many blocks before it its nearest reader is, {@link #NEVER} if all passed it. */
  private long distance(Block block) {
    long nearest = NEVER;
    long since = clock.getOpaque() - 2 * capacity;
    for (MemoryObjectBlocks reader : block.object().readers()) {
      nearest = Math.min(nearest, reader.positions().ahead(block.index(), nearby, since));
    }
    return nearest;
  }

  private void sortLatelyRead() {
    if (lately.getOpaque() == null) {
      return;
    }
    Block block = lately.getAndSet(null);
    Block earliest = null;
    while (block != null) {
      Block before = block.nextRead;
      block.nextRead = earliest;
      earliest = block;
      block = before;
    }
    while (earliest != null) {
      Block later = earliest.nextRead;
      earliest.nextRead = null;
      if (earliest.list == unread) {
        unread.remove(earliest);
        earliest.listedAt = clock.getOpaque();
        read.addLast(earliest);
      }
      earliest = later;
    }
  }
}
