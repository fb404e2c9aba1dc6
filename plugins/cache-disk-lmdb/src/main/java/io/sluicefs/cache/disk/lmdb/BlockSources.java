// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where each of some neighbouring blocks is: in a fill, in an extent, or not here. */
final class BlockSources {
  private final FillQueue fills;
  private final int first;
  private final @Nullable Object[] sources;
  private final List<Fill> used = new ArrayList<>();

  BlockSources(FillQueue fills, int first, int count) {
    this.fills = fills;
    this.first = first;
    this.sources = new @Nullable Object[count];
  }

  /** Finds blocks on their way to the disk; their memory stays until {@link #release}. */
  void findFills(DiskObject object) {
    for (int i = 0; i < sources.length; ) {
      Fill fill = fills.find(object, first + i);
      if (fill == null) {
        i++;
      } else {
        used.add(fill);
        for (; i < sources.length && fill.has(object, first + i); i++) {
          sources[i] = fill;
        }
      }
    }
  }

  /** Finds the blocks that are in extents. */
  void findExtents(List<Extent> extents, Regions regions) {
    for (Extent extent : extents) {
      if (regions.isCurrent(extent)) {
        int end = Math.min(first + sources.length, extent.start() + extent.count());
        for (int block = Math.max(first, extent.start()); block < end; block++) {
          if (sources[block - first] == null && extent.has(block)) {
            sources[block - first] = extent;
          }
        }
      }
    }
  }

  boolean isMissing(int block) {
    return sources[block - first] == null;
  }

  boolean hasMissing() {
    for (Object source : sources) {
      if (source == null) {
        return true;
      }
    }
    return false;
  }

  /** Returns the index after the last block from {@code block} on with the same source. */
  int runEnd(int block) {
    Object source = sources[block - first];
    int end = block + 1;
    while (end < first + sources.length && Objects.equals(sources[end - first], source)) {
      end++;
    }
    return end;
  }

  @Nullable Fill fill(int block) {
    return sources[block - first] instanceof Fill fill ? fill : null;
  }

  Extent extent(int block) {
    if (sources[block - first] instanceof Extent extent) {
      return extent;
    }
    throw new IllegalStateException("block " + block + " is in no extent");
  }

  /** Notes that a block is not here after all. */
  void lose(int block) {
    sources[block - first] = null;
  }

  /** Notes that no extent can be read. */
  void loseExtents() {
    for (int i = 0; i < sources.length; i++) {
      if (sources[i] instanceof Extent) {
        sources[i] = null;
      }
    }
  }

  void release() {
    used.forEach(fills::release);
    used.clear();
  }
}
