// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Logs failures for an operator, one line each with key, errno and what the store said (its request
 * id included); of a storm of one kind a few lines and, when it is over, how many there were.
 */
final class FailureLog {
  private static final int LINES = 5;
  private static final long WINDOW_NANOS = 10_000_000_000L;

  private static final class Window {
    private long start;
    private int seen;
  }

  private final System.Logger log;
  private final LongSupplier clock;

  @GuardedBy("windows")
  private final Map<String, Window> windows = new HashMap<>();

  FailureLog(System.Logger log, LongSupplier clock) {
    this.log = log;
    this.clock = clock;
  }

  void failed(String operation, String key, int errno, String kind, Exception failure) {
    int missed = 0;
    synchronized (windows) {
      long now = clock.getAsLong();
      Window window = windows.computeIfAbsent(kind, k -> new Window());
      if (window.seen == 0 || now - window.start >= WINDOW_NANOS) {
        missed = Math.max(0, window.seen - LINES);
        window.start = now;
        window.seen = 0;
      }
      window.seen++;
      if (window.seen > LINES) {
        return;
      }
    }
    String more = missed == 0 ? "" : " (and " + missed + " more of this kind before)";
    log.log(
        System.Logger.Level.WARNING,
        () ->
            operation
                + " of "
                + key
                + " answered errno "
                + errno
                + " ("
                + kind
                + "): "
                + failure.getMessage()
                + more);
  }
}
