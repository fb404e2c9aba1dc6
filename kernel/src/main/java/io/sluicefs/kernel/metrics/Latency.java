// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.metrics;

import java.util.concurrent.atomic.LongAdder;

/**
 * How long something took, as a histogram whose bounds double from 16 microseconds to 34 seconds.
 * Recording allocates nothing and takes no lock. Thread-safe.
 */
public final class Latency {
  private static final int FIRST_SHIFT = 14;
  private static final int BOUNDS = 22;

  private final LongAdder[] counts = new LongAdder[BOUNDS + 1];
  private final LongAdder nanos = new LongAdder();

  /** Creates a histogram of nothing. */
  public Latency() {
    for (int i = 0; i <= BOUNDS; i++) {
      counts[i] = new LongAdder();
    }
  }

  /** Notes that something took {@code elapsed} nanoseconds. */
  public void record(long elapsed) {
    counts[bucket(elapsed)].increment();
    nanos.add(elapsed);
  }

  private static int bucket(long elapsed) {
    if (elapsed <= 1L << FIRST_SHIFT) {
      return 0;
    }
    return Math.min(BOUNDS, Long.SIZE - Long.numberOfLeadingZeros(elapsed - 1) - FIRST_SHIFT);
  }

  /** Returns how often. */
  public long count() {
    long count = 0;
    for (LongAdder bucket : counts) {
      count += bucket.sum();
    }
    return count;
  }

  /** Returns the nanoseconds in all. */
  public long totalNanos() {
    return nanos.sum();
  }

  /** Returns the number of buckets; the last has no upper bound. */
  public static int buckets() {
    return BOUNDS + 1;
  }

  /** Returns the upper bound of a bucket in seconds, infinite for the last. */
  public static double boundSeconds(int bucket) {
    return bucket == BOUNDS ? Double.POSITIVE_INFINITY : (1L << (FIRST_SHIFT + bucket)) / 1e9;
  }

  /** Returns how often it took as long as a bucket says, buckets below not included. */
  public long count(int bucket) {
    return counts[bucket].sum();
  }
}
