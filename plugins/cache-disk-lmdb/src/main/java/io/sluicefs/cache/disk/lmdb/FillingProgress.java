// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import io.sluicefs.spi.transport.ReadProgress;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Copies what a load brings to the fills, and passes its progress on after: as soon as bytes are
 * announced, a cache above may use their memory for others. Used by the thread that loads.
 */
final class FillingProgress implements ReadProgress {
  private final FillQueue fills;
  private final DiskObject object;
  private final int start;
  private final int end;
  private final int extentBlocks;
  private final TargetBytes bytes;
  private final long base;
  private final ReadProgress progress;
  private final LoadObserver observer;
  private @Nullable Fill fill;

  /** The block after those the fill is for, or after those that are dropped. */
  private int fillEnd;

  private long announced;

  /**
   * Creates the progress of a load.
   *
   * @param base where in {@code bytes} the load begins
   */
  FillingProgress(
      FillQueue fills,
      DiskObject object,
      int start,
      int end,
      int extentBlocks,
      TargetBytes bytes,
      long base,
      ReadProgress progress,
      LoadObserver observer) {
    this.fills = fills;
    this.object = object;
    this.start = start;
    this.end = end;
    this.extentBlocks = extentBlocks;
    this.bytes = bytes;
    this.base = base;
    this.progress = progress;
    this.observer = observer;
    this.fillEnd = start;
  }

  /** Returns the bytes announced so far. */
  long announced() {
    return announced;
  }

  @Override
  public void filled(long count) {
    long at = announced;
    while (at < count) {
      at += copy(at, count);
    }
    announced = count;
    progress.filled(base + count);
  }

  /** Copies some bytes, as far as one block, and returns how many. */
  private long copy(long from, long to) {
    int block = start + (int) (from / object.blockSize());
    long blockStart = object.bytes(start, block);
    long blockEnd = object.bytes(start, block + 1);
    long until = Math.min(to, blockEnd);
    if (from == blockStart) {
      begin(block);
    }
    Fill current = fill;
    if (current != null) {
      MemorySegment slot = current.slots().getLast();
      bytes.copyTo(base + from, slot.asSlice(from - blockStart, until - from));
      if (until == blockEnd) {
        current.check();
        if (block + 1 == fillEnd) {
          submit(current);
        }
      }
    }
    return until - from;
  }

  private void begin(int block) {
    if (block == fillEnd) {
      fillEnd = Math.min(end, block + extentBlocks);
      fill = fills.begin(object, block, fillEnd - block, observer);
    }
    Fill current = fill;
    if (current != null && !fills.grow(current, observer)) {
      // What is there of it is kept; the rest of the extent is not.
      submit(current);
    }
  }

  private void submit(Fill current) {
    fill = null;
    if (fills.submit(current)) {
      observer.kept(current.start(), current.count(), current.place());
    }
  }

  /** Submits the whole blocks that have come, however the load ended. */
  void end() {
    Fill current = fill;
    if (current != null) {
      long bytesOfAll = object.bytes(start, current.start() + current.count());
      if (announced < bytesOfAll) {
        fills.cutLast(current);
      }
      submit(current);
    }
  }
}
