// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.MemoryBudget.Use;
import io.sluicefs.spi.MemoryReservation;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The memory of what is on its way to the disk: slots of a block each, in one piece that is taken
 * from the budget with the first and given back when none is in use. Guarded by its user.
 */
final class FillMemory {
  private final long slotSize;
  private final int slots;
  private final MemoryBudget budget;
  private final int[] free;
  private int freeCount;
  private @Nullable NativeBuffer buffer;

  /**
   * Creates memory that takes nothing yet.
   *
   * @param size bytes in all
   * @param slotSize bytes of a block, a multiple of the page
   */
  FillMemory(long size, int slotSize, MemoryBudget budget) {
    this.slotSize = slotSize;
    this.slots = Math.toIntExact(size / slotSize);
    this.budget = budget;
    this.free = new int[slots];
  }

  /** Returns a free slot; null if there is none now. */
  @Nullable MemorySegment take() {
    NativeBuffer memory = buffer == null ? open() : buffer;
    if (memory == null || freeCount == 0) {
      return null;
    }
    return memory.memory().asSlice(free[--freeCount] * slotSize, slotSize);
  }

  @SuppressWarnings("MustBeClosedChecker") // release() closes it
  private @Nullable NativeBuffer open() {
    MemoryReservation reservation = budget.tryReserve(slots * slotSize, Use.WRITE);
    if (reservation == null) {
      return null;
    }
    NativeBuffer memory = new NativeBuffer(reservation);
    for (int i = 0; i < slots; i++) {
      free[i] = i;
    }
    freeCount = slots;
    buffer = memory;
    return memory;
  }

  /** Takes a slot back. */
  void giveBack(MemorySegment slot) {
    NativeBuffer memory = buffer;
    if (memory == null) {
      throw new IllegalStateException("a slot of no memory");
    }
    free[freeCount++] = (int) ((slot.address() - memory.memory().address()) / slotSize);
  }

  /** Returns the memory to the budget if no slot is in use; returns how much. */
  long release() {
    NativeBuffer memory = buffer;
    if (memory == null || freeCount < slots) {
      return 0;
    }
    buffer = null;
    freeCount = 0;
    memory.close();
    return slots * slotSize;
  }
}
