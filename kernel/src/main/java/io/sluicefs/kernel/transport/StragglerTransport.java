// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import java.nio.ByteBuffer;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Sends a read again, once, that waits for its first byte when nearly all others would have had
 * theirs: a load is not to wait for one slow node of the store or one lost packet. The first
 * attempt is given up and not raced, as both would write to the same memory. Goes inside the limit
 * of reads under way and outside the counting.
 */
public final class StragglerTransport extends ForwardingTransport {
  /** What is usual: the time in which so many thousandths of the answers begin. */
  private static final int USUAL_THOUSANDTHS = 950;

  /** A straggler has waited so many times as long. */
  private static final int TIMES_USUAL = 3;

  /** And at least so long: it costs a connection, and a busy host may be what is late. */
  private static final long LEAST_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** Only one of so many reads is sent again, or a store that is slow gets slower. */
  private static final int READS_PER_STRAGGLER = 20;

  /** Stragglers in a row while that is kept on average. */
  private static final int MOST_IN_A_ROW = 8;

  private final FirstByteTimes times = new FirstByteTimes();
  private final AtomicInteger earned = new AtomicInteger();
  private final TransportCounters counters;
  private final ScheduledThreadPoolExecutor timer;

  /** Creates a decorator that owns {@code inner}. */
  public StragglerTransport(Transport inner, TransportCounters counters) {
    super(inner);
    this.counters = counters;
    timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("stragglers").factory());
    timer.setRemoveOnCancelPolicy(true);
  }

  @Override
  public void read(ObjectId id, ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    ResumedRead read = new ResumedRead(range, target, progress);
    Attempt attempt = new Attempt(read);
    long usual = times.within(USUAL_THOUSANDTHS);
    @Nullable Future<?> end = usual == FirstByteTimes.UNKNOWN ? null : giveUpLater(attempt, usual);
    boolean again;
    try {
      super.read(id, range, target, attempt);
      again = false;
    } catch (StorageException e) {
      again = e.kind() == Kind.CANCELLED && attempt.isGivenUp();
      if (!again) {
        throw e;
      }
    } finally {
      if (end != null) {
        end.cancel(false);
      }
      attempt.end();
    }
    if (again) {
      counters.lateRead();
      read.rewind();
      super.read(id, range, target, new Attempt(read));
    }
  }

  private Future<?> giveUpLater(Attempt attempt, long usual) {
    long patience = Math.max(LEAST_NANOS, TIMES_USUAL * usual);
    return timer.schedule(attempt::giveUp, patience, TimeUnit.NANOSECONDS);
  }

  private boolean mayGiveUp() {
    int before =
        earned.getAndUpdate(
            reads -> reads >= READS_PER_STRAGGLER ? reads - READS_PER_STRAGGLER : reads);
    return before >= READS_PER_STRAGGLER;
  }

  @Override
  public void close() {
    timer.shutdownNow();
    super.close();
  }

  /**
   * An attempt by the thread that creates it. Being given up interrupts that thread; an interrupt
   * by somebody else at the same moment is lost, and costs a request that nobody wants.
   */
  private final class Attempt implements ReadProgress {
    private final ReadProgress progress;
    private final Thread thread = Thread.currentThread();
    private final long start = System.nanoTime();

    @GuardedBy("this")
    private boolean settled;

    @GuardedBy("this")
    private boolean givenUp;

    Attempt(ReadProgress progress) {
      this.progress = progress;
    }

    @Override
    public void filled(long bytes) {
      if (arrives()) {
        times.add(System.nanoTime() - start);
        earned.updateAndGet(reads -> Math.min(reads + 1, MOST_IN_A_ROW * READS_PER_STRAGGLER));
      }
      progress.filled(bytes);
    }

    private synchronized boolean arrives() {
      boolean first = !settled;
      settled = true;
      return first;
    }

    synchronized void giveUp() {
      if (!settled && mayGiveUp()) {
        settled = true;
        givenUp = true;
        thread.interrupt();
      }
    }

    synchronized boolean isGivenUp() {
      return givenUp;
    }

    /** Ends it, with the thread interrupted by nobody but others. */
    synchronized void end() {
      settled = true;
      if (givenUp) {
        Thread.interrupted();
      }
    }
  }
}
