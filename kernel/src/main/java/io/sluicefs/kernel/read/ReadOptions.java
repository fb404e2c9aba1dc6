// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import java.time.Duration;
import java.util.function.IntSupplier;

/**
 * How open files are read.
 *
 * @param readAheadRequests most prefetches under way in all at this moment, at least 1, whatever
 *     the prefetcher asks for: no more than the transport gives read-ahead at once, so that none of
 *     them waits there while a reader waits for it
 * @param idleAfter when a handle that was not read from counts no longer in the division of
 *     read-ahead memory
 * @param smallestRead fewest bytes fetched for a read that follows no other, a power of two; 0 to
 *     fetch whole blocks
 */
public record ReadOptions(IntSupplier readAheadRequests, Duration idleAfter, int smallestRead) {
  /** What a mount uses unless it is told otherwise. */
  public static final ReadOptions STANDARD =
      new ReadOptions(() -> Integer.MAX_VALUE, Duration.ofSeconds(2), 16 << 10);

  public ReadOptions {
    if (idleAfter.isNegative()) {
      throw new IllegalArgumentException("a negative time: " + idleAfter);
    }
    if (smallestRead != 0 && Integer.bitCount(smallestRead) != 1) {
      throw new IllegalArgumentException(smallestRead + " is no power of two");
    }
  }
}
