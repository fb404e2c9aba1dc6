// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** The attempts of one request: decides after each failure whether to try again, and waits. */
final class Attempts {
  /** One attempt. */
  @FunctionalInterface
  interface Attempt<T> {
    T run() throws StorageException;
  }

  private final RetryPolicy policy;
  private final long deadlineNanos;
  private final Silence silence;
  private long since;
  private long attemptStart;
  private int failures;
  private boolean only;

  /** When the attempt began that was the first to bring what is not what was asked for; or 0. */
  private long corruptSince;

  Attempts(RetryPolicy policy, Duration deadline, Silence silence) {
    this.policy = policy;
    this.silence = silence;
    this.deadlineNanos = deadline.toNanos();
    this.since = System.nanoTime();
    this.attemptStart = since;
  }

  /** Lets the first failure be the last. */
  void onlyOne() {
    only = true;
  }

  /** Runs until it succeeds, cannot succeed or the deadline is near. */
  static <T> T run(RetryPolicy policy, Duration deadline, Silence silence, Attempt<T> attempt)
      throws StorageException {
    Attempts attempts = new Attempts(policy, deadline, silence);
    while (true) {
      try {
        T result = attempt.run();
        silence.end();
        return result;
      } catch (StorageException e) {
        attempts.pauseAfter(e);
      }
    }
  }

  /**
   * Notes that the request came further: the deadline moves on, and after enough bytes the pauses
   * start anew. A store that sends a few bytes each time gains nothing by them.
   */
  void progressed(long bytes) {
    silence.end();
    since = Math.min(System.nanoTime(), since + policy.creditNanos(bytes));
    if (bytes >= RetryPolicy.PROGRESS_BYTES) {
      failures = 0;
      corruptSince = 0;
    }
  }

  /**
   * Waits before the next attempt.
   *
   * @throws StorageException {@code failure} itself if there is to be none, or {@link
   *     Kind#CANCELLED} with the interrupt status set
   */
  void pauseAfter(StorageException failure) throws StorageException {
    long now = System.nanoTime();
    if (!failure.retryable()) {
      if (failure.kind() != Kind.CANCELLED) {
        silence.end();
      }
      throw failure;
    }
    long silentSince = silence.after(failure.kind(), now);
    if (Thread.currentThread().isInterrupted()) {
      throw cancelled(failure);
    }
    failures++;
    long longest = policy.pauseNanos(failures, failure.kind() == Kind.THROTTLED);
    long pause = longest / 2 + ThreadLocalRandom.current().nextLong(longest / 2 + 1);
    long expected = now - attemptStart;
    long waited = Math.max(now - since, now - silentSince);
    long left = deadlineNanos - waited - expected;
    if (only || pause > left || isCorruptTooLong(failure, now + pause)) {
      throw failure;
    }
    // The pause comes on top, as everybody was told the same. What is asked for beyond the deadline
    // is no reason to give up before it.
    pause = Math.min(left, failure.retryAfter().toNanos() + pause);
    try {
      TimeUnit.NANOSECONDS.sleep(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw cancelled(failure);
    }
    attemptStart = System.nanoTime();
  }

  private boolean isCorruptTooLong(StorageException failure, long next) {
    if (failure.kind() != Kind.CORRUPT) {
      corruptSince = 0;
      return false;
    }
    if (corruptSince == 0) {
      corruptSince = attemptStart;
    }
    return next - corruptSince > policy.corruptDeadline().toNanos();
  }

  private static StorageException cancelled(StorageException failure) {
    return new StorageException(
        Kind.CANCELLED, "interrupted while retrying: " + failure.getMessage(), failure);
  }
}
