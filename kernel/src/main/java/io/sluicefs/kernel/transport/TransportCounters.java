// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import io.sluicefs.kernel.metrics.Latency;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** What went to and came from the store since the mount. Counts every attempt. Thread-safe. */
public final class TransportCounters {
  /** A kind of request. */
  public enum Request {
    HEAD,
    LIST,
    READ,
    PUT,
    UPLOAD_PART,
    COPY,
    DELETE,
    /** Start, list, complete or abort of an upload. */
    UPLOAD_CONTROL
  }

  private final Map<Request, LongAdder> requests = adders();
  private final Map<Request, LongAdder> failures = adders();
  private final Map<Request, Latency> latencies = new EnumMap<>(Request.class);
  private final SlowRequests slow = new SlowRequests();
  private final LongAdder ended = new LongAdder();
  private final LongAdder readBytes = new LongAdder();
  private final LongAdder readAheadBytes = new LongAdder();
  private final LongAdder writtenBytes = new LongAdder();
  private final LongAdder lateReads = new LongAdder();

  /** Creates counters at zero. */
  public TransportCounters() {
    for (Request request : Request.values()) {
      latencies.put(request, new Latency());
    }
  }

  private static Map<Request, LongAdder> adders() {
    Map<Request, LongAdder> adders = new EnumMap<>(Request.class);
    for (Request request : Request.values()) {
      adders.put(request, new LongAdder());
    }
    return Collections.unmodifiableMap(adders);
  }

  /** Returns the requests sent. */
  public long requests(Request request) {
    return adder(requests, request).sum();
  }

  /** Returns those of them that failed. */
  public long failures(Request request) {
    return adder(failures, request).sum();
  }

  /** Returns how long requests took, those that failed included. */
  public Latency latency(Request request) {
    return Objects.requireNonNull(latencies.get(request));
  }

  /** Returns the last requests that took long. */
  public SlowRequests slow() {
    return slow;
  }

  /** Returns the requests under way. */
  public long inFlight() {
    long done = ended.sum();
    long sent = 0;
    for (Request request : Request.values()) {
      sent += requests(request);
    }
    return Math.max(0, sent - done);
  }

  /** Returns the requests that failed, of all kinds. */
  public long failures() {
    long failed = 0;
    for (Request request : Request.values()) {
      failed += failures(request);
    }
    return failed;
  }

  /** Returns the bytes of objects that arrived and were good. */
  public long readBytes() {
    return readBytes.sum();
  }

  /** Returns those of {@link #readBytes} that nobody had asked for yet. */
  public long readAheadBytes() {
    return readAheadBytes.sum();
  }

  /** Returns the bytes of objects sent. */
  public long writtenBytes() {
    return writtenBytes.sum();
  }

  /** Returns the reads that were sent again as their first byte was late. */
  public long lateReads() {
    return lateReads.sum();
  }

  private static LongAdder adder(Map<Request, LongAdder> adders, Request request) {
    return Objects.requireNonNull(adders.get(request));
  }

  void sent(Request request) {
    adder(requests, request).increment();
  }

  void failed(Request request) {
    adder(failures, request).increment();
  }

  void ended(Request request, long nanos) {
    ended.increment();
    latency(request).record(nanos);
  }

  void read(long bytes, ReadPurpose purpose) {
    readBytes.add(bytes);
    if (purpose == ReadPurpose.READ_AHEAD) {
      readAheadBytes.add(bytes);
    }
  }

  void written(long bytes) {
    writtenBytes.add(bytes);
  }

  void lateRead() {
    lateReads.increment();
  }
}
