// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import io.sluicefs.spi.MemoryReservation;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.logging.Level;
import java.util.logging.Logger;
import net.openhft.chronicle.bytes.BytesStore;
import net.openhft.chronicle.core.io.ReferenceOwner;
import org.jspecify.annotations.Nullable;

/**
 * One native store divided into slots. Guarded by the cache's lock, but for its memory.
 *
 * <p>Who counts what: the slab and each of its taken slots hold one reference of the store, so the
 * library refuses to free memory a block lives in. The readers of a block are counted by the block
 * itself, one atomic addition instead of the library's compare-and-set loop with its checks: that
 * happens at every read, this once in a block's life.
 */
final class Slab implements ReferenceOwner, AutoCloseable {
  /** Blocks start on pages, for direct I/O into them. */
  private static final int PAGE = 4096;

  /** The library's; held, or its level is forgotten. */
  private static final Logger LIBRARY = Logger.getLogger("net.openhft");

  // Loads the library, without what it has to say about options of Java 8 to 17 that native stores
  // do not need.
  static {
    System.setProperty("chronicle.analytics.disable", "true");
    // Memory is freed when the slab closes, not some time later: else the budget would be wrong.
    System.setProperty("background.releaser", "false");
    LIBRARY.setLevel(Level.OFF);
    BytesStore.lazyNativeBytesStoreWithFixedCapacity(PAGE).releaseLast();
    LIBRARY.setLevel(Level.WARNING);
  }

  private final BytesStore<?, ?> store;
  private final MemoryReservation reservation;
  private final MemorySegment memory;
  private final int blockSize;
  private final Slot[] slots;
  private final @Nullable Block[] blocks;
  private final BitSet free;
  private final long bytes;
  private int freeCount;
  private long idleSince = System.nanoTime();

  /**
   * Allocates the memory.
   *
   * @param reservation for the slots' bytes; taken over. What the page alignment adds is what
   *     malloc adds to a mapping of its own anyway, a page in all, and not counted.
   */
  @SuppressWarnings("restricted") // the memory is the store's, freed with the last block in it
  Slab(MemoryReservation reservation, int blockSize) {
    this.reservation = reservation;
    this.blockSize = blockSize;
    int count = (int) (reservation.bytes() / blockSize);
    slots = new Slot[count];
    blocks = new @Nullable Block[count];
    free = new BitSet(count);
    free.set(0, count);
    freeCount = count;
    bytes = (long) count * blockSize;
    store = BytesStore.lazyNativeBytesStoreWithFixedCapacity(bytes + PAGE - 16);
    store.reserveTransfer(INIT, this);
    long start = (store.addressForWrite(0) + PAGE - 1) & -PAGE;
    memory = MemorySegment.ofAddress(start).reinterpret(bytes);
    // With the page that malloc has before it: slabs that lie side by side are then one range, in
    // which huge pages need not begin where slabs do.
    HugePages.advise(start - PAGE, bytes + PAGE);
    for (int i = 0; i < count; i++) {
      slots[i] = new Slot(this, i);
    }
  }

  /** Loads the library if it is not loaded, which takes longer than a read should. */
  static void warmUp() {
    // Initializing this class does it.
  }

  long bytes() {
    return bytes;
  }

  int blockSize() {
    return blockSize;
  }

  /** Returns {@code bytes} of the memory from where the slot of that index starts. */
  MemorySegment memory(int index, long bytes) {
    return memory.asSlice((long) index * blockSize, bytes);
  }

  /** Takes the first free slot; there is one. */
  Slot take() {
    int index = free.nextSetBit(0);
    free.clear(index);
    freeCount--;
    Slot slot = slots[index];
    store.reserve(slot);
    return slot;
  }

  /** Says which block lives in a slot. */
  void settle(Slot slot, Block block) {
    blocks[slot.index()] = block;
  }

  /** Takes a slot back. */
  void release(Slot slot) {
    store.release(slot);
    blocks[slot.index()] = null;
    free.set(slot.index());
    freeCount++;
    if (isIdle()) {
      idleSince = System.nanoTime();
    }
  }

  int freeCount() {
    return freeCount;
  }

  boolean isIdle() {
    return freeCount == slots.length;
  }

  /** Returns the {@link System#nanoTime} of its last release; meaningful while idle. */
  long idleSince() {
    return idleSince;
  }

  /** Returns the blocks by slot, null where there is none. */
  @Nullable Block[] blocks() {
    return blocks;
  }

  boolean isPinned() {
    return Arrays.stream(blocks).anyMatch(block -> block != null && block.isPinned());
  }

  /** Returns how many of its blocks nobody read. */
  int unreadBlocks() {
    return (int) Arrays.stream(blocks).filter(block -> block != null && !block.isRead()).count();
  }

  /** Returns when one of its blocks was read last, in the time of {@link EvictionOrder}. */
  long touchedAt() {
    return Arrays.stream(blocks)
        .mapToLong(block -> block == null ? 0 : block.touchedAt())
        .max()
        .orElse(0);
  }

  /** Frees the memory of an idle slab and gives its bytes back. */
  @Override
  public void close() {
    store.release(this);
    reservation.close();
  }
}
