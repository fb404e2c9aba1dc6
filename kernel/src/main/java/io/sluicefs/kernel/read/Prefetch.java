// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import io.sluicefs.kernel.transport.ReadPurpose;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** One request of read-ahead, on a virtual thread of its own. */
final class Prefetch implements Runnable {
  /** How it ended. */
  enum Outcome {
    DONE,
    /** Memory was short. */
    SHORT,
    CANCELLED,
    FAILED
  }

  private static final Logger LOGGER = System.getLogger(Prefetch.class.getName());

  private final Prefetches prefetches;
  private final OpenObject object;
  private final Attachment attachment;
  private final int start;
  private final int end;
  private final boolean guess;
  private final Thread thread;
  private volatile boolean cancelled;

  /** When it was first seen that nobody wants it; belongs to its object. */
  private long unwantedSince = Long.MAX_VALUE;

  /**
   * Creates a request, not yet under way.
   *
   * @param attachment retained; released when the request ends
   * @param guess whether nobody can tell when it will be needed
   */
  Prefetch(
      Prefetches prefetches,
      OpenObject object,
      Attachment attachment,
      int start,
      int end,
      boolean guess) {
    this.prefetches = prefetches;
    this.object = object;
    this.attachment = attachment;
    this.start = start;
    this.end = end;
    this.guess = guess;
    this.thread = Thread.ofVirtual().name("prefetch").unstarted(this);
  }

  int start() {
    return start;
  }

  int end() {
    return end;
  }

  boolean isGuess() {
    return guess;
  }

  /** Notes that it is wanted. */
  void wanted() {
    unwantedSince = Long.MAX_VALUE;
  }

  /** Notes that nobody wants it; returns for how many nanoseconds so. */
  long unwanted(long now) {
    if (unwantedSince == Long.MAX_VALUE) {
      unwantedSince = now;
    }
    return now - unwantedSince;
  }

  void submit() {
    thread.start();
  }

  void cancel() {
    cancelled = true;
    thread.interrupt();
  }

  @Override
  public void run() {
    ReadPurpose.READ_AHEAD.run(this::load);
  }

  private void load() {
    int settled = 0;
    Outcome outcome = Outcome.FAILED;
    try {
      settled = loadRuns() - start;
      outcome = settled < end - start ? Outcome.SHORT : Outcome.DONE;
    } catch (StorageException e) {
      outcome = e.kind() == Kind.CANCELLED ? Outcome.CANCELLED : Outcome.FAILED;
      LOGGER.log(Level.DEBUG, "read-ahead of " + object.id().key() + " ended early", e);
    } catch (RuntimeException e) {
      LOGGER.log(Level.WARNING, "read-ahead of " + object.id().key() + " failed", e);
    } finally {
      attachment.release();
      prefetches.ended(this, object, settled, outcome);
    }
  }

  /**
   * Loads what readers did not take for themselves since this was submitted, which on a busy
   * machine is a while ago.
   *
   * @return the block before which all are there or were delivered
   */
  private int loadRuns() throws StorageException {
    int at = object.firstDelivered(start, end, false);
    while (at < end) {
      if (cancelled) {
        throw new StorageException(Kind.CANCELLED, "nobody wants it any more");
      }
      int runEnd = object.firstDelivered(at, end, true);
      // None if it was delivered since it was found not to be.
      int there = runEnd > at ? attachment.blocks().prefetch(at, runEnd - at) : 0;
      if (there < runEnd - at) {
        return at + there;
      }
      at = object.firstDelivered(runEnd, end, false);
    }
    return end;
  }
}
