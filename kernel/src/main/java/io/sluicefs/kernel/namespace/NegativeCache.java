// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.LinkedHashMap;
import java.util.Map;

/** Keys known to be absent, the oldest given up first; times are of {@link System#nanoTime}. */
final class NegativeCache {
  private volatile long ttlNanos;
  private final int capacity;

  @GuardedBy("this")
  private final Map<String, Long> absentSince = new LinkedHashMap<>();

  NegativeCache(long ttlNanos, int capacity) {
    this.ttlNanos = ttlNanos;
    this.capacity = capacity;
  }

  void setTtl(long nanos) {
    ttlNanos = nanos;
  }

  boolean isOn() {
    return ttlNanos > 0 && capacity > 0;
  }

  synchronized void add(String key, long now) {
    if (!isOn()) {
      return;
    }
    absentSince.remove(key);
    absentSince.put(key, now);
    if (absentSince.size() > capacity) {
      absentSince.remove(absentSince.keySet().iterator().next());
    }
  }

  synchronized boolean isAbsent(String key, long now) {
    Long since = absentSince.get(key);
    if (since == null) {
      return false;
    }
    if (now - since < ttlNanos) {
      return true;
    }
    absentSince.remove(key);
    return false;
  }

  synchronized void remove(String key) {
    absentSince.remove(key);
  }
}
