// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import java.lang.foreign.MemorySegment;
import net.openhft.chronicle.core.io.ReferenceOwner;
import org.jspecify.annotations.Nullable;

/** Room for one block in a slab; owner of one reference to the slab's memory while in use. */
final class Slot implements ReferenceOwner {
  private final Slab slab;
  private final int index;
  private @Nullable MemorySegment whole;

  Slot(Slab slab, int index) {
    this.slab = slab;
    this.index = index;
  }

  Slab slab() {
    return slab;
  }

  int index() {
    return index;
  }

  /**
   * Returns {@code bytes} of memory from where this slot's room starts, valid while the slot, and
   * the following ones it reaches into, are taken.
   */
  MemorySegment memoryOf(long bytes) {
    return slab.memory(index, bytes);
  }

  /** Returns as much of it, read-only; nearly always all, which is the same object each time. */
  MemorySegment readOnly(int bytes) {
    if (bytes != slab.blockSize()) {
      return memoryOf(bytes).asReadOnly();
    }
    MemorySegment all = whole;
    if (all == null) {
      all = memoryOf(bytes).asReadOnly();
      whole = all;
    }
    return all;
  }

  /** Returns whether this slot's room ends where the other's starts. */
  boolean precedes(Slot other) {
    return other.slab == slab && other.index == index + 1;
  }
}
