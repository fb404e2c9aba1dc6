// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.ObjectId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The objects whose last read failed for good just now. What a read ahead of Linux did not get it
 * asks for once more, page by page, before the program has its error: that is tried once, so that
 * the program does not wait for the deadline twice. Thread-safe.
 */
final class FailedReads {
  private static final long FORGOTTEN = TimeUnit.SECONDS.toNanos(5);
  private static final int MOST = 1024;

  /** So that reads that succeed, nearly all, take no lock. */
  private volatile boolean empty = true;

  @GuardedBy("this")
  private final Map<ObjectId, Long> failed =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ObjectId, Long> eldest) {
          return size() > MOST;
        }
      };

  void add(ObjectId id, long now) {
    synchronized (this) {
      failed.remove(id);
      failed.put(id, now);
      empty = false;
    }
  }

  /** Returns whether it was added a moment ago and not removed. */
  boolean contains(ObjectId id, long now) {
    if (empty) {
      return false;
    }
    synchronized (this) {
      failed.values().removeIf(time -> now - time > FORGOTTEN);
      empty = failed.isEmpty();
      return failed.containsKey(id);
    }
  }

  void remove(ObjectId id) {
    if (empty) {
      return;
    }
    synchronized (this) {
      failed.remove(id);
      empty = failed.isEmpty();
    }
  }
}
