// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.trace;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.prefetch.PrefetchLimits;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.PresentBytes;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.prefetch.ReadAheadWindow;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A prefetcher that leaves planning to another and notes what is read, in which order, in a file:
 * at the end, and every so often before. Nothing is written if nothing was read. Thread-safe.
 */
public final class TraceRecorder implements Prefetcher {
  private static final Logger LOGGER = System.getLogger(TraceRecorder.class.getName());

  /** How much less is recorded for each object, whose own memory is that of so many runs. */
  private static final int RUNS_OF_AN_OBJECT = 64;

  private final Path file;
  private final Duration interval;
  private final Prefetcher planner;
  private final AtomicInteger room = new AtomicInteger(TraceFile.MOST_RUNS);
  private final Thread writer;
  private volatile boolean changed;

  /** Used by the thread that writes, and by close after that has ended. */
  private boolean reportedFull;

  @GuardedBy("this")
  private final LinkedHashMap<String, RecordedObject> objects = new LinkedHashMap<>();

  @GuardedBy("this")
  private boolean closed;

  /**
   * Starts recording.
   *
   * @param file to write; what it holds is replaced
   * @param interval between two writes while something new is read
   * @param planner plans; borrowed
   */
  public TraceRecorder(Path file, Duration interval, Prefetcher planner) {
    this.file = file;
    this.interval = interval;
    this.planner = planner;
    this.writer = Thread.ofVirtual().name("trace").start(this::writeNowAndThen);
  }

  @Override
  public ReadAhead open(ObjectId id, long size) {
    return open(id, size, PresentBytes.NONE);
  }

  @Override
  public ReadAhead open(ObjectId id, long size, PresentBytes present) {
    return new Recording(recorded(id, size), planner.open(id, size, present));
  }

  private synchronized RecordedObject recorded(ObjectId id, long size) {
    RecordedObject known = objects.get(id.key());
    if (known != null && known.id().equals(id)) {
      return known;
    }
    RecordedObject recorded = new RecordedObject(id, size, room);
    if (room.getAndUpdate(left -> Math.max(-1, left - RUNS_OF_AN_OBJECT)) > 0) {
      objects.put(id.key(), recorded);
    }
    return recorded;
  }

  @Override
  public PrefetchLimits limits() {
    return planner.limits();
  }

  private void writeNowAndThen() {
    while (waitForNext()) {
      write();
    }
  }

  /** Returns false when it is closed. */
  private synchronized boolean waitForNext() {
    long due = System.nanoTime() + interval.toNanos();
    try {
      for (long left = interval.toNanos(); !closed && left > 0; left = due - System.nanoTime()) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
    } catch (InterruptedException e) {
      throw new AssertionError("nobody interrupts it", e);
    }
    return !closed;
  }

  /** Writes if something new was read. */
  private void write() {
    if (!changed) {
      return;
    }
    changed = false;
    List<RecordedObject> recorded;
    synchronized (this) {
      recorded = List.copyOf(objects.values());
    }
    try {
      TraceFile.write(
          file,
          recorded.stream().map(RecordedObject::trace).filter(trace -> trace.runs() > 0).toList());
      if (room.get() < 0 && !reportedFull) {
        reportedFull = true;
        LOGGER.log(Level.WARNING, "{0} has the most pieces a trace may have; it ends there", file);
      }
    } catch (IOException e) {
      changed = true;
      LOGGER.log(Level.WARNING, "the trace cannot be written to " + file, e);
    }
  }

  /** Writes what was read since the last time. Idempotent. */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      notifyAll();
    }
    boolean interrupted = false;
    while (writer.isAlive()) {
      try {
        writer.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    write();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Notes the reads of one handle. */
  private final class Recording implements ReadAhead {
    private final RecordedObject object;
    private final ReadAhead planner;

    Recording(RecordedObject object, ReadAhead planner) {
      this.object = object;
      this.planner = planner;
    }

    @Override
    public ReadAheadWindow next(ByteRange justRead, long budget) {
      if (object.note(justRead.start(), justRead.end())) {
        changed = true;
      }
      return planner.next(justRead, budget);
    }

    @Override
    public boolean abstains() {
      return planner.abstains();
    }

    @Override
    public String describe() {
      return planner.describe();
    }
  }
}
