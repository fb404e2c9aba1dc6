// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import java.time.Duration;

/**
 * When a failed request is sent again, and how long.
 *
 * <p>The n-th pause is random between a half and the whole of {@code firstPause} doubled n times,
 * at most {@code longestPause}; after {@code THROTTLED} the same from {@code throttledPause}. An
 * attempt that would end after the deadline, judged by how long the one before took, is not made.
 * For a read the deadline counts from the last byte that arrived. While the store answers nobody
 * the deadline of every request counts from the first that got no answer: once it is over, further
 * requests are tried once each until one is answered.
 *
 * @param firstPause before the second attempt
 * @param throttledPause before the second attempt when the store asks to slow down
 * @param longestPause most between two attempts
 * @param readDeadline for reads of objects
 * @param controlDeadline for head, list, copy, delete and the ends of an upload
 * @param uploadDeadline for put and parts of an upload
 */
public record RetryPolicy(
    Duration firstPause,
    Duration throttledPause,
    Duration longestPause,
    Duration readDeadline,
    Duration controlDeadline,
    Duration uploadDeadline) {
  /** What a mount uses unless it is told otherwise. */
  public static final RetryPolicy STANDARD =
      new RetryPolicy(
          Duration.ofMillis(50),
          Duration.ofMillis(500),
          Duration.ofSeconds(8),
          Duration.ofSeconds(60),
          Duration.ofSeconds(60),
          Duration.ofSeconds(120));

  public RetryPolicy {
    if (firstPause.isNegative() || throttledPause.isNegative() || longestPause.isNegative()) {
      throw new IllegalArgumentException("a pause is not negative");
    }
  }

  /** Returns this policy with one deadline for reads and control requests. */
  public RetryPolicy withDeadline(Duration deadline) {
    return new RetryPolicy(
        firstPause, throttledPause, longestPause, deadline, deadline, uploadDeadline);
  }

  /** Returns the longest pause before attempt {@code attempt + 1}, in nanoseconds. */
  long pauseNanos(int attempt, boolean throttled) {
    long first = (throttled ? throttledPause : firstPause).toNanos();
    long pause = first << Math.min(attempt - 1, 20);
    long most = longestPause.toNanos();
    return pause >>> Math.min(attempt - 1, 20) != first || pause > most ? most : pause;
  }
}
