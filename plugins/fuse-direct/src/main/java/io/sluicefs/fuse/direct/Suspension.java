// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/** Whether a session has stopped for the moment, and what becomes of it. Thread-safe. */
final class Suspension {
  @GuardedBy("this")
  private boolean on;

  @GuardedBy("this")
  private boolean resumed;

  synchronized void begin() {
    on = true;
    resumed = false;
  }

  synchronized boolean isOn() {
    return on;
  }

  /** Decides: whether the session goes on here. */
  synchronized void end(boolean resume) {
    on = false;
    resumed = resume;
    notifyAll();
  }

  /** Waits for the decision, and returns whether the session goes on here. */
  synchronized boolean await() {
    boolean interrupted = false;
    while (on) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    boolean goesOn = resumed;
    resumed = false;
    return goesOn;
  }
}
