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
 * not end the reading of its middle, and threads may share a handle. What it learns from runs that
 * ended, their length, their distance and what was planned in vain, it plans the next ones by.
 */
final class SequentialReadAhead implements ReadAhead {
  private static final int STREAMS = 16;

  /**
   * Streams that no read went to for so many reads, and as many for each stream that is planned,
   * are not planned until one does: threads that share a handle do not run evenly.
   */
  private static final long RECENT_READS = 32;

  /** Streams that are kept for what is not detected yet, so that detected ones outlive strays. */
  private static final int NEWCOMERS = 2;

  /** A first read longer than this from the very start is of somebody who reads the file. */
  private static final long LONG_FIRST_READ = 64 << 10;

  /** Runs at even distances before the next are planned. */
  private static final int EVEN_DISTANCES = 2;

  /** Most runs planned ahead of the one that is read. */
  private static final int MOST_RUNS = 32;

  private final Stream[] streams = new Stream[STREAMS];
  private final RunLengths lengths = new RunLengths();
  private final Stride stride = new Stride();
  private final Remainder remainder;
  private final Yield yield;
  private final SequentialPrefetchConfig config;
  private final long size;
  private ReadAheadWindow window = ReadAheadWindow.EMPTY;
  private long reads;
  private Stream last;

  /** Streams that were planned after the read before. */
  private int planned;

  /** Bytes of the latest run that was read in order, whether or not others were alike. */
  private long lastRun;

  /** Runs planned beyond the current one. */
  private int plannedRuns;

  /** Bytes of each run, if the latest were alike; else 0. */
  private long pieceLength;

  /** Whether what was not read yet is planned, wherever it is. */
  private boolean remainderPlanned;

  SequentialReadAhead(SequentialPrefetchConfig config, long size) {
    this.config = config;
    this.size = size;
    this.remainder = new Remainder(size);
    this.yield = new Yield(config.limits().chunkSize());
    for (int i = 0; i < STREAMS; i++) {
      streams[i] = new Stream(config, size, yield);
    }
    last = streams[0];
  }

  @Override
  public ReadAheadWindow next(ByteRange justRead, long budget) {
    reads++;
    Stream stream = find(justRead);
    boolean changed;
    if (stream == null || isNextPiece(stream)) {
      changed = begin(stream == null ? leastUseful() : stream, justRead);
    } else {
      changed = goOn(stream, justRead);
    }
    changed |= plan(budget);
    if (changed) {
      window = plannedWindow(budget);
    }
    return window;
  }

  /** Returns whether a read that goes on with a run begins another, which happens to be there. */
  private boolean isNextPiece(Stream stream) {
    return stream.isAtExpectedEnd() && (isStale(stream) || stream.isEnded());
  }

  @Override
  public String describe() {
    if (reads == 0) {
      return "not read yet";
    }
    if (plannedRuns > 0) {
      return "runs of %d bytes at even distances of %d".formatted(pieceLength, stride.distance());
    }
    if (remainderPlanned) {
      return "runs in any order, and what is left of the object";
    }
    return switch (planned) {
      case 0 -> "no order found; nothing is read ahead";
      case 1 -> "read in order";
      default -> planned + " streams, each read in order";
    };
  }

  /** Goes on with a run; returns whether that changes which runs are planned after it. */
  private boolean goOn(Stream stream, ByteRange read) {
    if (stream.takeEnded()) {
      lengths.remove(stream.length());
    }
    stream.extend(read.start(), read.end(), reads);
    boolean changed = stream != last && plannedRuns > 0;
    if (stream != last) {
      // Streams take turns: where they began says nothing.
      plannedRuns = 0;
      stride.clear();
    }
    last = stream;
    return changed;
  }

  /** Begins a run; returns whether that changes which runs are planned after it. */
  private boolean begin(Stream stream, ByteRange read) {
    if (last.isUsed() && !last.isEnded()) {
      last.end();
      lengths.add(last.length());
      remainder.jumped(last, read.start());
      if (last.isDetected()) {
        lastRun = last.length();
      }
    }
    long usual = lengths.usual();
    stream.begin(read.start(), read.end(), reads, usual > 0 ? usual : lastRun);
    if (usual > read.length()) {
      stream.trustExpectedEnd();
    } else if (read.start() == 0 && read.end() > LONG_FIRST_READ) {
      stream.trust();
    }
    last = stream;

    int before = plannedRuns;
    stride.begin(read.start());
    boolean isEven = stride.times() >= EVEN_DISTANCES && stride.distance() > usual;
    plannedRuns = isEven && usual > LONG_FIRST_READ ? Math.min(stride.times(), MOST_RUNS) : 0;
    pieceLength = usual;

    boolean remainderBefore = remainderPlanned;
    remainderPlanned = plannedRuns == 0 && usual > LONG_FIRST_READ && remainder.isExpected(usual);
    return before > 0 || plannedRuns > 0 || remainderBefore || remainderPlanned;
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
    int count = 0;
    for (Stream stream : streams) {
      if (isPlanned(stream)) {
        count++;
      }
    }
    boolean changed = false;
    for (Stream stream : streams) {
      changed |= isPlanned(stream) ? stream.plan(budget / count) : stream.abandon();
    }
    planned = count;
    return changed;
  }

  private boolean isPlanned(Stream stream) {
    return stream.isDetected() && !isStale(stream);
  }

  private boolean isStale(Stream stream) {
    return reads - stream.lastRead() > RECENT_READS * Math.max(1, planned);
  }

  /** Returns the streams' plans, the next runs and guesses, what two of them plan only once. */
  private ReadAheadWindow plannedWindow(long budget) {
    List<ByteRange> ranges = new ArrayList<>(STREAMS);
    for (Stream stream : streams) {
      add(ranges, stream.plannedStart(), stream.plannedEnd());
    }
    long left = Math.min(budget, config.window().bytes(config.limits()));
    for (ByteRange range : ranges) {
      left -= range.length();
    }
    for (int run = 1; run <= plannedRuns && left >= pieceLength; run++) {
      long start = stride.start() + run * stride.distance();
      add(ranges, start, Math.min(size, start + pieceLength));
      left -= pieceLength;
    }
    int likely = ranges.size();
    if (remainderPlanned) {
      remainder.add(last);
      for (ByteRange range : remainder.guess(remainderBudget(budget, ranges), pieceLength)) {
        add(ranges, range.start(), range.end());
      }
    }
    return new ReadAheadWindow(ranges.subList(0, likely), ranges.subList(likely, ranges.size()));
  }

  private long remainderBudget(long budget, List<ByteRange> ranges) {
    long left =
        config.window().isAuto()
            ? budget
            : Math.min(budget, config.window().bytes(config.limits()));
    for (ByteRange range : ranges) {
      left -= range.length();
    }
    return left;
  }

  /** Adds what of some bytes is not planned yet. */
  private static void add(List<ByteRange> ranges, long start, long end) {
    if (start >= end) {
      return;
    }
    for (ByteRange other : ranges) {
      if (other.start() < end && start < other.end()) {
        add(ranges, start, other.start());
        add(ranges, other.end(), end);
        return;
      }
    }
    ranges.add(new ByteRange(start, end));
  }
}
