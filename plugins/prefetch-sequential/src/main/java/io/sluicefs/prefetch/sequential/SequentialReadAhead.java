// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.sequential;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.prefetch.ReadAheadWindow;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Plans one handle. It follows several streams at once, so that a look at the end of a file does
 * not end the reading of its middle, and threads may share a handle.
 */
final class SequentialReadAhead implements ReadAhead {
  private static final int STREAMS = 8;

  /** Streams that no read went to for so many reads are not planned until one does. */
  private static final int RECENT_READS = 4 * STREAMS;

  /** Streams that are kept for what is not detected yet, so that detected ones outlive strays. */
  private static final int NEWCOMERS = 2;

  /** A first read longer than this from the very start is of somebody who reads the file. */
  private static final long LONG_FIRST_READ = 64 << 10;

  private final Stream[] streams = new Stream[STREAMS];
  private ReadAheadWindow window = ReadAheadWindow.EMPTY;
  private long reads;
  private Stream last;

  /**
   * Bytes of the run the reader jumped from last. It is likely to read as much where it jumps to:
   * the slices that one of several processes reads of each tensor are much alike.
   */
  private long lastRun;

  SequentialReadAhead(SequentialPrefetchConfig config, long size) {
    for (int i = 0; i < STREAMS; i++) {
      streams[i] = new Stream(config, size);
    }
    last = streams[0];
  }

  @Override
  public ReadAheadWindow next(ByteRange justRead, long budget) {
    reads++;
    Stream stream = find(justRead);
    if (stream != null) {
      stream.extend(justRead.start(), justRead.end(), reads);
    } else {
      if (last.isDetected()) {
        lastRun = last.length();
      }
      stream = leastUseful();
      stream.begin(justRead.start(), justRead.end(), reads, lastRun);
      if (justRead.start() == 0 && justRead.end() > LONG_FIRST_READ) {
        stream.trust();
      }
    }
    last = stream;
    if (plan(budget)) {
      window = new ReadAheadWindow(ranges());
    }
    return window;
  }

  private @Nullable Stream find(ByteRange read) {
    Stream nearest = null;
    long least = Long.MAX_VALUE;
    for (Stream stream : streams) {
      long distance = stream.distance(read.start(), read.end());
      if (distance >= 0 && distance < least) {
        nearest = stream;
        least = distance;
      }
    }
    return nearest;
  }

  private Stream leastUseful() {
    Stream oldest = streams[0];
    @Nullable Stream oldestNewcomer = null;
    int newcomers = 0;
    for (Stream stream : streams) {
      if (!stream.isUsed()) {
        return stream;
      }
      if (stream.lastRead() < oldest.lastRead()) {
        oldest = stream;
      }
      if (!stream.isDetected()) {
        newcomers++;
        if (oldestNewcomer == null || stream.lastRead() < oldestNewcomer.lastRead()) {
          oldestNewcomer = stream;
        }
      }
    }
    return oldestNewcomer != null && newcomers >= NEWCOMERS ? oldestNewcomer : oldest;
  }

  private boolean plan(long budget) {
    int planned = 0;
    for (Stream stream : streams) {
      if (isPlanned(stream)) {
        planned++;
      }
    }
    boolean changed = false;
    for (Stream stream : streams) {
      changed |= isPlanned(stream) ? stream.plan(budget / planned) : stream.planNothing();
    }
    return changed;
  }

  private boolean isPlanned(Stream stream) {
    return stream.isDetected() && reads - stream.lastRead() <= RECENT_READS;
  }

  /** Returns the streams' plans, what two of them plan only once. */
  private List<ByteRange> ranges() {
    List<ByteRange> ranges = new ArrayList<>(STREAMS);
    for (Stream stream : streams) {
      long start = stream.plannedStart();
      long end = stream.plannedEnd();
      for (int i = 0; i < ranges.size() && start < end; i++) {
        ByteRange other = ranges.get(i);
        if (other.start() <= start && start < other.end()) {
          start = other.end();
          i = -1;
        } else if (start < other.start() && other.start() < end) {
          end = other.start();
        }
      }
      if (start < end) {
        ranges.add(new ByteRange(start, end));
      }
    }
    return ranges;
  }
}
