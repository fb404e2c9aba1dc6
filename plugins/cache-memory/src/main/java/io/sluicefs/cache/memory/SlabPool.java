// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The slabs of a cache and their free slots. Guarded by the cache's lock.
 *
 * <p>Slots are handed out from one slab until it is full, so blocks loaded together lie together
 * and are read from the network into one buffer.
 */
final class SlabPool {
  private static final long LARGEST_SLAB = 8L << 20;
  private static final int FEWEST_SLABS = 8;

  private long capacity;
  private final long slabBytes;
  private final List<Slab> slabs = new ArrayList<>();
  private final ArrayDeque<Slab> withFreeSlots = new ArrayDeque<>();
  private long bytes;
  private long freeSlots;

  SlabPool(int blockSize, long capacity) {
    this.capacity = capacity;
    long share = Math.min(LARGEST_SLAB, capacity / FEWEST_SLABS);
    this.slabBytes = Math.max(blockSize, share - share % blockSize);
  }

  /** Lets slabs take other bytes in all; those there are stay. */
  void setCapacity(long other) {
    capacity = other;
  }

  /** Returns the bytes of all slabs. */
  long bytes() {
    return bytes;
  }

  /** Returns the free slots. */
  long freeSlots() {
    return freeSlots;
  }

  /** Takes a free slot, or returns null. */
  @Nullable Slot take() {
    Slab slab = withFreeSlots.peekFirst();
    if (slab == null) {
      return null;
    }
    Slot slot = slab.take();
    freeSlots--;
    if (slab.freeCount() == 0) {
      withFreeSlots.removeFirst();
    }
    return slot;
  }

  /** Takes a slot back. */
  void release(Slot slot) {
    Slab slab = slot.slab();
    if (slab.freeCount() == 0) {
      withFreeSlots.addFirst(slab);
    }
    slab.release(slot);
    freeSlots++;
    if (slab.isIdle() && withFreeSlots.peekLast() != slab) {
      withFreeSlots.remove(slab);
      withFreeSlots.addLast(slab);
    }
  }

  /** Returns whether there is an idle slab. */
  boolean hasIdle() {
    Slab last = withFreeSlots.peekLast();
    return last != null && last.isIdle();
  }

  /**
   * Returns the bytes of the next slab, at most {@code most}, and counts them as taken; 0 if the
   * capacity is used up, or more than used up since it was lowered.
   */
  long planSlab(long most) {
    long planned = Math.min(Math.min(slabBytes, most), Math.max(0, capacity - bytes));
    bytes += planned;
    return planned;
  }

  /** Uncounts planned bytes that were not had. */
  void forget(long planned) {
    bytes -= planned;
  }

  /** Adds a slab whose bytes were planned. */
  void add(Slab slab) {
    slabs.add(slab);
    freeSlots += slab.freeCount();
    withFreeSlots.addLast(slab);
  }

  /** Returns the slabs. */
  List<Slab> slabs() {
    return slabs;
  }

  /** Takes an idle slab out; the caller closes it. */
  void remove(Slab slab) {
    slabs.remove(slab);
    withFreeSlots.remove(slab);
    freeSlots -= slab.freeCount();
    bytes -= slab.bytes();
  }

  /** Takes out the slabs that have been idle since {@code nanoTime}; the caller closes them. */
  List<Slab> removeIdle(long nanoTime) {
    List<Slab> idle = new ArrayList<>();
    for (Iterator<Slab> latest = withFreeSlots.descendingIterator(); latest.hasNext(); ) {
      Slab slab = latest.next();
      if (!slab.isIdle()) {
        break;
      }
      if (slab.idleSince() - nanoTime <= 0) {
        idle.add(slab);
      }
    }
    idle.forEach(this::remove);
    return idle;
  }
}
