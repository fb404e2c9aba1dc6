// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts requests and bytes while they happen. Safe for use by many threads. */
public final class Counters {
  private final Map<RequestKind, LongAdder> requests = new EnumMap<>(RequestKind.class);
  private final Map<Integer, LongAdder> errors = new ConcurrentHashMap<>();
  private final LongAdder bytesIn = new LongAdder();
  private final LongAdder bytesOut = new LongAdder();
  private final Runnable settle;

  /**
   * @param settle returns when everything that a client may already have seen is counted
   */
  Counters(Runnable settle) {
    this.settle = settle;
    for (RequestKind kind : RequestKind.values()) {
      requests.put(kind, new LongAdder());
    }
  }

  /** What has been served so far; an answer its client has read completely is included. */
  public CounterSnapshot snapshot() {
    settle.run();
    Map<RequestKind, Long> byKind = new EnumMap<>(RequestKind.class);
    requests.forEach((kind, count) -> byKind.put(kind, count.sum()));
    Map<Integer, Long> byStatus = new TreeMap<>();
    errors.forEach((status, count) -> byStatus.put(status, count.sum()));
    return new CounterSnapshot(byKind, byStatus, bytesIn.sum(), bytesOut.sum());
  }

  /** Begins again at zero. */
  public void reset() {
    settle.run();
    requests.values().forEach(LongAdder::reset);
    errors.clear();
    bytesIn.reset();
    bytesOut.reset();
  }

  /** Counts one request. */
  public void request(RequestKind kind) {
    Objects.requireNonNull(requests.get(kind), "kind").increment();
  }

  /** Counts one answer of an error status. */
  public void error(int status) {
    errors.computeIfAbsent(status, s -> new LongAdder()).increment();
  }

  /** Counts bytes of an object body received. */
  public void received(long bytes) {
    bytesIn.add(bytes);
  }

  /** Counts bytes of an object body the socket has taken. */
  public void sent(long bytes) {
    bytesOut.add(bytes);
  }
}
