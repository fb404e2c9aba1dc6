// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;

/**
 * Whether the disk is worth asking. After a failure it is passed by for a second, then asked once
 * more; each time that fails doubles the time, up to a minute. What was under way at the first
 * failure says nothing new. Thread-safe.
 */
final class DiskHealth {
  private static final Logger LOGGER = System.getLogger(DiskHealth.class.getName());
  private static final long FIRST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LONGEST_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final String what;

  @GuardedBy("this")
  private long pause;

  @GuardedBy("this")
  private long until;

  @GuardedBy("this")
  private boolean trying;

  private volatile boolean failing;
  private volatile long failures;

  /**
   * Creates the state of a healthy disk.
   *
   * @param what is done with it, for the log: {@code "reading /var/cache/sluice/blocks"}
   */
  DiskHealth(String what) {
    this.what = what;
  }

  /** Returns whether to ask the disk now. */
  boolean isUsable() {
    return !failing || isTimeToTry();
  }

  private synchronized boolean isTimeToTry() {
    long now = System.nanoTime();
    if (!failing) {
      return true;
    }
    if (now - until < 0) {
      return false;
    }
    // One tries; the others go on passing by until it is known how that went.
    until = now + pause;
    trying = true;
    return true;
  }

  /** Notes a failure. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // changed under the lock
  synchronized void failed(Exception why) {
    failures++;
    if (!failing) {
      pause(FIRST_PAUSE_NANOS);
      LOGGER.log(
          Level.WARNING,
          "{0} failed and is passed by until it works again: {1}",
          what,
          why.getMessage());
      LOGGER.log(Level.DEBUG, what + " failed", why);
    } else if (trying) {
      pause(Math.min(LONGEST_PAUSE_NANOS, pause * 2));
    }
    failing = true;
  }

  @GuardedBy("this")
  private void pause(long nanos) {
    pause = nanos;
    until = System.nanoTime() + nanos;
    trying = false;
  }

  /** Notes that it worked. */
  void worked() {
    if (failing) {
      recover();
    }
  }

  private synchronized void recover() {
    if (failing) {
      failing = false;
      trying = false;
      LOGGER.log(Level.INFO, "{0} works again", what);
    }
  }

  long failures() {
    return failures;
  }
}
