// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import java.util.function.LongSupplier;

/** Decides how many bytes of a body may go out now: a clock that runs ahead by what was sent. */
final class Pace {
  /** Pieces are cut so that about this many go out in a second. */
  private static final int PIECES_PER_SECOND = 50;

  private static final int SMALLEST_PIECE = 1024;

  /** A drip is one: bytes come one by one. */
  private static final int SLOWEST_PIECES_PER_SECOND = 10;

  private final LongSupplier bytesPerSecond;
  private long next;
  private boolean started;

  Pace(LongSupplier bytesPerSecond) {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Bytes that may be sent now, at most the limit; 0 = wait. */
  int allowed(long now, int limit) {
    long rate = bytesPerSecond.getAsLong();
    if (rate == 0) {
      started = false;
      return limit;
    }
    if (!started) {
      started = true;
      next = now;
    }
    return next > now
        ? 0
        : Math.clamp(rate / PIECES_PER_SECOND, Math.min(smallest(rate), limit), limit);
  }

  private static int smallest(long rate) {
    return Math.clamp(rate / SLOWEST_PIECES_PER_SECOND, 1, SMALLEST_PIECE);
  }

  /** Nanoseconds until {@link #allowed} gives something; short enough to notice a new rate soon. */
  long nanosUntilNext(long now) {
    return Math.clamp(next - now, 1, 100_000_000);
  }

  void spent(long bytes) {
    long rate = bytesPerSecond.getAsLong();
    if (started && rate > 0) {
      next += (long) (bytes * 1e9 / rate);
    }
  }
}
