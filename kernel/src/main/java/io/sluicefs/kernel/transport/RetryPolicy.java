// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * When a failed request is sent again, and how long.
 *
 * <p>The n-th pause is random between a half and the whole of {@code firstPause} doubled n times,
 * at most {@code longestPause}; after {@code THROTTLED} the same from {@code throttledPause}. What
 * the store asks to wait comes on top, as far as the deadline leaves it. An attempt that would end
 * after the deadline, judged by how long the one before took, is not made. For a read every 64 KiB
 * that arrived move the deadline on by a second. Answers that are not what was asked for are asked
 * for again until a deadline of their own. While the store answers nobody the deadline of every
 * request counts from the first that got no answer: once it is over, further requests are tried
 * once each until one is answered.
 *
 * @param firstPause before the second attempt
 * @param throttledPause before the second attempt when the store asks to slow down
 * @param longestPause most between two attempts
 * @param readDeadline for reads of objects
 * @param controlDeadline for head, list, copy, delete and the ends of an upload
 * @param uploadDeadline for put and parts of an upload
 * @param corruptDeadline for all of them while the answers are not what was asked for
 */
public record RetryPolicy(
    Duration firstPause,
    Duration throttledPause,
    Duration longestPause,
    Duration readDeadline,
    Duration controlDeadline,
    Duration uploadDeadline,
    Duration corruptDeadline) {
  /** Whoever answers nonsense for so long is not going to be a store soon. */
  public static final Duration CORRUPT_DEADLINE = Duration.ofSeconds(8);

  /** What a mount uses unless it is told otherwise. */
  public static final RetryPolicy STANDARD =
      new RetryPolicy(
          Duration.ofMillis(50),
          Duration.ofMillis(500),
          Duration.ofSeconds(8),
          Duration.ofMillis(37_500),
          Duration.ofSeconds(50),
          Duration.ofSeconds(50),
          CORRUPT_DEADLINE);

  /** Bytes that count as progress. */
  static final long PROGRESS_BYTES = 16 << 10;

  /** A read that arrives slower than this is not kept alive by what arrives. */
  private static final long LEAST_BYTES_PER_SECOND = 64 << 10;

  public RetryPolicy {
    if (firstPause.isNegative() || throttledPause.isNegative() || longestPause.isNegative()) {
      throw new IllegalArgumentException("a pause is not negative");
    }
  }

  /** Returns this policy with one deadline for reads and control requests. */
  public RetryPolicy withDeadline(Duration deadline) {
    return new RetryPolicy(
        firstPause,
        throttledPause,
        longestPause,
        deadline,
        deadline,
        uploadDeadline,
        corruptDeadline);
  }

  /** Returns by how much bytes that arrived move the deadline on. */
  long creditNanos(long bytes) {
    return TimeUnit.SECONDS.toNanos(bytes) / LEAST_BYTES_PER_SECOND;
  }

  /** Returns the longest pause before attempt {@code attempt + 1}, in nanoseconds. */
  long pauseNanos(int attempt, boolean throttled) {
    long first = (throttled ? throttledPause : firstPause).toNanos();
    long pause = first << Math.min(attempt - 1, 20);
    long most = longestPause.toNanos();
    return pause >>> Math.min(attempt - 1, 20) != first || pause > most ? most : pause;
  }
}
