// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.cache;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What is open, with the stack that opened it, and what was done wrong. Thread-safe. */
final class Leaks {
  private final Map<Object, Throwable> open = new ConcurrentHashMap<>();
  private final Queue<AssertionError> misuses = new ConcurrentLinkedQueue<>();

  void opened(Object thing, String what) {
    open.put(thing, new Throwable(what + " opened here"));
  }

  boolean closed(Object thing) {
    return open.remove(thing) != null;
  }

  /** Fails, now and when all is verified. */
  void misused(String how) {
    AssertionError misuse = new AssertionError(how);
    misuses.add(misuse);
    throw misuse;
  }

  void verify() {
    AssertionError all =
        new AssertionError(
            "%d never closed, %d misuses; see below where".formatted(open.size(), misuses.size()));
    open.values().forEach(all::addSuppressed);
    misuses.forEach(all::addSuppressed);
    if (all.getSuppressed().length > 0) {
      throw all;
    }
  }
}
