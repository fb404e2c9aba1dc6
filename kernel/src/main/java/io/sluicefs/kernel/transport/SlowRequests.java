// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.kernel.transport.TransportCounters.Request;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The last requests that took longer than a second. Thread-safe. */
public final class SlowRequests {
  private static final long SLOW_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int MOST = 32;

  /**
   * One of them.
   *
   * @param ended when
   * @param request its kind
   * @param target the key, with the bytes asked for if it is a read
   * @param seconds how long it took
   * @param failure what it failed with; empty if it did not
   */
  public record Slow(
      Instant ended, Request request, String target, double seconds, String failure) {}

  @GuardedBy("this")
  private final ArrayDeque<Slow> last = new ArrayDeque<>();

  SlowRequests() {}

  static boolean isSlow(long nanos) {
    return nanos > SLOW_NANOS;
  }

  synchronized void add(Slow slow) {
    if (last.size() == MOST) {
      last.removeFirst();
    }
    last.addLast(slow);
  }

  /** Returns them, the latest first. */
  public synchronized List<Slow> latest() {
    return List.copyOf(last.reversed());
  }
}
