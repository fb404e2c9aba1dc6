// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which regions of the slab file are used, and which gives way: segmented LRU. What was filled is
 * on probation; a region a quarter of whose bytes was read again is protected; at most four fifths
 * are. So a model that is read once, however large, evicts only what was read once, too.
 * Thread-safe; a region takes 80 bytes of memory, and there are some hundred.
 */
final class Regions {
  /**
   * Room for a fill.
   *
   * @param bytes of the blocks it is for
   */
  record Place(Region region, long generation, int offset, int bytes) {}

  /** Tells whether the disk has room for so many bytes more, and the others their rest of it. */
  @FunctionalInterface
  interface Disk {
    boolean hasRoomFor(long bytes);
  }

  private static final int PROMOTING_SHARE = 4;
  private static final int MOST_PROTECTED_PERCENT = 80;
  private static final int MOST_PINNED_PERCENT = 75;

  private final int regionSize;
  private final Region[] regions;
  private final Disk disk;

  /** Regions whose records of before are to be removed; those a commit is removing are both. */
  @GuardedBy("this")
  private final List<Integer> cleared = new ArrayList<>();

  @GuardedBy("this")
  private final Set<Integer> clearing = new HashSet<>();

  @GuardedBy("this")
  private @Nullable Region active;

  @GuardedBy("this")
  private long clock;

  @GuardedBy("this")
  private long lastGeneration;

  @GuardedBy("this")
  private long keptBytes;

  @GuardedBy("this")
  private long evictedBytes;

  @GuardedBy("this")
  private long unreadBytes;

  /**
   * Creates regions as the index knows them.
   *
   * @param count of regions
   * @param known records by number
   */
  Regions(int regionSize, int count, Map<Integer, RegionRecord> known, Disk disk) {
    this.regionSize = regionSize;
    this.disk = disk;
    this.regions = new Region[count];
    for (int i = 0; i < count; i++) {
      regions[i] = new Region(i);
      RegionRecord record = known.get(i);
      if (record != null) {
        regions[i].restore(record);
        keptBytes += record.kept();
        clock = Math.max(clock, record.lastUse());
        lastGeneration = Math.max(lastGeneration, record.generation());
      }
    }
    for (Region region : regions) {
      if (!region.isEmpty()
          && region.generation() == lastGeneration
          && region.written < regionSize) {
        active = region;
      }
    }
    for (int number : known.keySet()) {
      if (number >= count) {
        noteCleared(number);
      }
    }
  }

  int regionSize() {
    return regionSize;
  }

  long capacity() {
    return (long) regions.length * regionSize;
  }

  Region region(int number) {
    return regions[number];
  }

  /** Returns whether a region an extent names still is what it was. */
  boolean isCurrent(Extent extent) {
    return extent.region() < regions.length
        && extent.region() >= 0
        && regions[extent.region()].generation() == extent.generation();
  }

  /**
   * Takes room, evicting a region if need be.
   *
   * @param padded bytes it takes in the file
   * @param bytes of the blocks
   * @param ahead whether nobody asked for them: then what was read ahead before does not give way
   * @return null if there is none
   */
  synchronized @Nullable Place allocate(int padded, int bytes, boolean ahead) {
    Region region = active;
    if (region == null || region.written + padded > regionSize) {
      region = next(ahead);
      if (region == null) {
        return null;
      }
      region.begin(++lastGeneration, ++clock);
      active = region;
    }
    int offset = region.written;
    region.written += padded;
    region.kept += bytes;
    region.fills++;
    region.changed = true;
    if (ahead) {
      region.aheadBytes += bytes;
    }
    keptBytes += bytes;
    return new Place(region, region.generation(), offset, bytes);
  }

  @GuardedBy("this")
  private @Nullable Region next(boolean ahead) {
    Region unbacked = null;
    for (Region region : regions) {
      if (region.isEmpty() && region.fills == 0) {
        if (region.backed) {
          return region;
        }
        unbacked = unbacked == null ? region : unbacked;
      }
    }
    if (unbacked != null && disk.hasRoomFor(regionSize)) {
      return unbacked;
    }
    Region victim = victim(ahead);
    if (victim != null) {
      evict(victim);
    }
    return victim;
  }

  @GuardedBy("this")
  private @Nullable Region victim(boolean ahead) {
    Region least = null;
    boolean othersAreFilled = false;
    for (Region region : regions) {
      othersAreFilled |= !region.isProtected && region.fills > 0;
      if (!region.isEmpty()
          && region.fills == 0
          && region.pins == 0
          && !(ahead && region.aheadBytes > 0)
          && (least == null || isLessImportant(region, least))) {
        least = region;
      }
    }
    // What is on its way will be there to evict in a moment; a fill is worth less than a hit.
    return least != null && least.isProtected && othersAreFilled ? null : least;
  }

  private static boolean isLessImportant(Region region, Region other) {
    return region.isProtected == other.isProtected
        ? region.lastUse < other.lastUse
        : other.isProtected;
  }

  @GuardedBy("this")
  private void evict(Region region) {
    evictedBytes += region.kept;
    unreadBytes += region.aheadBytes;
    clear(region);
  }

  @GuardedBy("this")
  private void clear(Region region) {
    keptBytes -= region.kept;
    region.clear();
    noteCleared(region.number());
    if (region.equals(active)) {
      active = null;
    }
  }

  /**
   * Evicts a region to give its room back to the disk.
   *
   * @return null if there is none that may go
   */
  synchronized @Nullable Region shrink() {
    Region victim = evictOne();
    if (victim != null) {
      // Nobody may fill it until the room is given back.
      victim.fills++;
    }
    return victim;
  }

  /** Evicts the region that is missed least; returns null if none may go. */
  synchronized @Nullable Region evictOne() {
    Region victim = victim(false);
    if (victim != null) {
      evict(victim);
    }
    return victim;
  }

  /** Notes that the room of a region was given back. */
  synchronized void shrunk(Region region) {
    region.fills--;
    region.backed = false;
  }

  /** Returns whether the disk has given room for a region. */
  synchronized boolean isBacked(Region region) {
    return region.backed;
  }

  /** Notes that the disk gave room for a region. */
  synchronized void backed(Region region) {
    region.backed = true;
  }

  @GuardedBy("this")
  private void noteCleared(int number) {
    cleared.add(number);
    clearing.add(number);
  }

  /** Returns regions whose records the next commit removes, before it adds any. */
  synchronized List<Integer> takeCleared() {
    List<Integer> taken = List.copyOf(cleared);
    cleared.clear();
    return taken;
  }

  /** Says whether a commit removed the records of regions that were taken. */
  synchronized void cleared(List<Integer> taken, boolean good) {
    if (good) {
      clearing.removeAll(taken);
      clearing.addAll(cleared);
    } else {
      cleared.addAll(0, taken);
    }
  }

  /** Returns whether the index may still say what was in the region before. */
  synchronized boolean isClearing(Region region) {
    return clearing.contains(region.number());
  }

  /** Returns records that are out of date, by number. */
  synchronized List<Region> takeChanged() {
    List<Region> taken = new ArrayList<>();
    for (Region region : regions) {
      if (region.changed && !region.isEmpty()) {
        region.changed = false;
        taken.add(region);
      }
    }
    return taken;
  }

  synchronized void returnChanged(List<Region> taken) {
    taken.forEach(region -> region.changed = true);
  }

  synchronized RegionRecord record(Region region) {
    return region.record();
  }

  /** Notes that a fill is in the index, or will never be. */
  synchronized void filled(Place place, int bytes, boolean good) {
    place.region().fills--;
    if (!good && place.region().generation() == place.generation()) {
      place.region().kept -= bytes;
      place.region().aheadBytes = Math.min(place.region().aheadBytes, place.region().kept);
      keptBytes -= bytes;
    }
  }

  /** Notes that blocks of a region were forgotten. */
  synchronized void lost(int number, long generation, int bytes) {
    Region region = regions[number];
    if (region.generation() == generation) {
      region.kept -= bytes;
      region.changed = true;
      keptBytes -= bytes;
    }
  }

  /** Notes that blocks were read. */
  synchronized void hit(int number, long generation, long bytes) {
    Region region = regions[number];
    if (region.generation() != generation) {
      return;
    }
    region.lastUse = ++clock;
    region.changed = true;
    region.hitBytes += bytes;
    if (!region.isProtected && region.hitBytes * PROMOTING_SHARE >= region.kept) {
      region.isProtected = true;
      demoteBeyondShare();
    }
  }

  @GuardedBy("this")
  private void demoteBeyondShare() {
    int count = 0;
    Region least = null;
    for (Region region : regions) {
      if (region.isProtected) {
        count++;
        least = least == null || region.lastUse < least.lastUse ? region : least;
      }
    }
    if (least != null && count > Math.max(1, regions.length * MOST_PROTECTED_PERCENT / 100)) {
      least.isProtected = false;
      least.hitBytes = 0;
      least.lastUse = ++clock;
      least.changed = true;
    }
  }

  /** Notes that somebody asked for a block that was read ahead. */
  synchronized void awaited(Place place, int bytes) {
    if (place.region().generation() == place.generation()) {
      place.region().aheadBytes = Math.max(0, place.region().aheadBytes - bytes);
    }
  }

  /** Notes that an extent belongs to a pinned object now, or does so no more. */
  synchronized void pin(int number, long generation, boolean pinned) {
    Region region = regions[number];
    if (region.generation() == generation) {
      region.pins = Math.max(0, region.pins + (pinned ? 1 : -1));
    }
  }

  /** Returns whether so many regions more may be pinned. */
  synchronized boolean mayPin(int more) {
    int pinned = 0;
    for (Region region : regions) {
      pinned += region.pins > 0 ? 1 : 0;
    }
    return mayPin(pinned + more, regions.length);
  }

  /** Returns whether so many regions of all may be pinned. */
  static boolean mayPin(int pinned, int all) {
    return pinned * 100L <= (long) all * MOST_PINNED_PERCENT;
  }

  synchronized long keptBytes() {
    return keptBytes;
  }

  synchronized long evictedBytes() {
    return evictedBytes;
  }

  synchronized long unreadBytes() {
    return unreadBytes;
  }
}
