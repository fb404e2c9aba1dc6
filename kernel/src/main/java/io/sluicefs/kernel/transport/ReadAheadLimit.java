// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import java.util.concurrent.TimeUnit;

/**
 * How many reads nobody waits for may be under way: fewer when the store asks to slow down or
 * answers late, one more each time so many were answered well. Additive increase, multiplicative
 * decrease, as of TCP. Thread-safe.
 */
final class ReadAheadLimit {
  /** However often the store asks to slow down. */
  private static final int LEAST_THROTTLED = 2;

  /** However late it answers: as many as one file wants keep a connection busy for each reader. */
  private static final int LEAST_LATE = 16;

  /** An answer is late if its first byte takes so many times as long as the quickest lately. */
  private static final int LATE = 5;

  /** And longer than that by more than so much. */
  private static final long LATE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /** Answers to requests sent at once say the same, so only one of them counts in this time. */
  private static final long ONE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** How long the quickest answer counts. */
  private static final long QUICKEST_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final int most;
  private volatile int limit;
  private int answered;
  private long lessenedAt;
  private long quickest = Long.MAX_VALUE;
  private long quickestAt;

  /** Creates a limit that begins at the most there may be. */
  ReadAheadLimit(int most, long now) {
    this.most = most;
    this.limit = most;
    this.lessenedAt = now - ONE_NANOS;
  }

  int limit() {
    return limit;
  }

  /** Notes an answer whose first byte took so long. */
  synchronized void answered(long firstByteNanos, long now) {
    if (firstByteNanos <= quickest || now - quickestAt > QUICKEST_NANOS) {
      quickest = firstByteNanos;
      quickestAt = now;
    }
    if (firstByteNanos > LATE * quickest && firstByteNanos - quickest > LATE_NANOS) {
      lessen(LEAST_LATE, now);
    } else if (limit < most && ++answered >= limit) {
      answered = 0;
      limit++;
    }
  }

  /** Notes that the store asked to slow down. */
  synchronized void throttled(long now) {
    lessen(LEAST_THROTTLED, now);
  }

  private void lessen(int least, long now) {
    if (now - lessenedAt < ONE_NANOS) {
      return;
    }
    lessenedAt = now;
    answered = 0;
    if (limit > least) {
      limit = Math.max(least, limit / 2);
    }
  }
}
