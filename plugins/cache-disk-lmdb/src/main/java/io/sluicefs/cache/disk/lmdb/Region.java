// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

/**
 * A piece of the slab file that is filled from its start to its end and evicted as a whole. Guarded
 * by {@link Regions} but for the generation, which readers compare.
 */
final class Region {
  /** The generation of a region with nothing in it. */
  static final long EMPTY = 0;

  private final int number;
  private volatile long generation = EMPTY;
  int written;
  int kept;
  boolean isProtected;
  long lastUse;

  /** Bytes read from it since it was filled or last became less important. */
  long hitBytes;

  /** Bytes of it that were read ahead and nobody has asked for yet. */
  int aheadBytes;

  /** Extents of pinned objects in it. */
  int pins;

  /** Fills that are not in the index yet. */
  int fills;

  /** Whether the disk has given room for it. */
  boolean backed;

  /** Whether its record in the index is out of date. */
  boolean changed;

  Region(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }

  long generation() {
    return generation;
  }

  boolean isEmpty() {
    return generation == EMPTY;
  }

  void restore(RegionRecord record) {
    generation = record.generation();
    written = record.written();
    kept = record.kept();
    isProtected = record.isProtected();
    lastUse = record.lastUse();
    backed = true;
  }

  void begin(long newGeneration, long now) {
    generation = newGeneration;
    lastUse = now;
    changed = true;
  }

  void clear() {
    generation = EMPTY;
    written = 0;
    kept = 0;
    isProtected = false;
    hitBytes = 0;
    aheadBytes = 0;
    pins = 0;
    changed = false;
  }

  RegionRecord record() {
    return new RegionRecord(generation, written, kept, isProtected, lastUse);
  }
}
