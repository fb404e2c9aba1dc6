// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * Interrupts of requests that another thread has read but not begun. Also holds some of requests
 * answered meanwhile, which nobody asks for any more: the oldest give way.
 */
final class EarlyInterrupts {
  private static final int CAPACITY = 256;

  @GuardedBy("this")
  private final long[] uniques = new long[CAPACITY];

  @GuardedBy("this")
  private int next;

  private volatile boolean used;

  /** Remembers that a request is to be interrupted. */
  synchronized void add(long unique) {
    uniques[next] = unique;
    next = (next + 1) % CAPACITY;
    used = true;
  }

  /** Returns whether a request is to be interrupted, and forgets it. */
  boolean remove(long unique) {
    return used && removeUsed(unique);
  }

  private synchronized boolean removeUsed(long unique) {
    boolean found = false;
    boolean left = false;
    for (int i = 0; i < CAPACITY; i++) {
      if (uniques[i] == unique) {
        uniques[i] = 0;
        found = true;
      }
      left |= uniques[i] != 0;
    }
    used = left;
    return found;
  }
}
