// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Neighbouring blocks on their way to the disk, each in a slot of memory until the index has them.
 * Guarded by the {@link FillQueue}, apart from the bytes: one thread copies them, and when the fill
 * is ready they do not change any more.
 */
final class Fill {
  enum State {
    COPYING,
    READY,
    WRITTEN
  }

  private final DiskObject object;
  private final int start;
  private final Regions.Place place;
  private final List<MemorySegment> slots = new ArrayList<>();
  State state = State.COPYING;

  /** Whoever uses its memory: the queue, until it is committed, and readers. */
  int users = 1;

  private final int[] checksums;

  /**
   * Creates a fill without blocks.
   *
   * @param count most blocks it will have
   */
  Fill(DiskObject object, int start, int count, Regions.Place place) {
    this.checksums = new int[count];
    this.object = object;
    this.start = start;
    this.place = place;
  }

  DiskObject object() {
    return object;
  }

  int start() {
    return start;
  }

  int count() {
    return slots.size();
  }

  Regions.Place place() {
    return place;
  }

  List<MemorySegment> slots() {
    return slots;
  }

  /** Returns the bytes of the blocks it has. */
  int bytes() {
    return (int) object.bytes(start, start + slots.size());
  }

  /** Returns the memory of a block. */
  MemorySegment memory(int block) {
    return slots.get(block - start).asSlice(0, object.blockLength(block));
  }

  boolean has(DiskObject wanted, int block) {
    return object.number() == wanted.number() && block >= start && block < start + slots.size();
  }

  /** Returns whether it lies right behind another in the file. */
  boolean follows(Fill other) {
    return place.region().equals(other.place.region())
        && place.generation() == other.place.generation()
        && place.offset() == other.place.offset() + NativeBuffer.padded(other.bytes());
  }

  /** Returns what is to be written, whole pages. */
  List<MemorySegment> pages() {
    List<MemorySegment> pages = new ArrayList<>();
    for (int block = start; block < start + slots.size(); block++) {
      pages.add(
          slots.get(block - start).asSlice(0, NativeBuffer.padded(object.blockLength(block))));
    }
    return pages;
  }

  /** Notes that the last block is whole, while its bytes are still in the processor's cache. */
  void check() {
    checksums[slots.size() - 1] = Extent.checksum(memory(start + slots.size() - 1));
  }

  /** Returns what the index will say of it. */
  Extent extent() {
    return new Extent(
        object.number(),
        start,
        place.region().number(),
        place.generation(),
        place.offset(),
        0,
        Arrays.copyOf(checksums, slots.size()));
  }
}
