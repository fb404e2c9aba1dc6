// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import io.sluicefs.kernel.mount.OpenBucket;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.MemoryBudget.Use;
import io.sluicefs.spi.MemoryReservation;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.Transport;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Reads one object over and over, in requests of the size a mount makes. */
final class StoreBench {
  private static final int REQUEST = 8 << 20;
  private static final int LISTED = 1000;
  private static final int LATENCIES = 20;

  /** A smaller object is over before a connection is at its speed. */
  private static final long SMALLEST = 1L << 20;

  private static final double NANOS = 1e9;
  private static final double MILLIS = 1e6;

  /**
   * What was measured.
   *
   * @param target the object, and where its bucket is
   * @param size of the object
   * @param medianNanos until a request for one byte was answered
   * @param slowestNanos the same, the latest of them
   * @param one bytes a second of one connection
   * @param connections how many were many
   * @param many bytes a second of so many
   */
  record Result(
      String target,
      long size,
      long medianNanos,
      long slowestNanos,
      long one,
      int connections,
      long many) {
    Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("object", target);
      json.put("size", size);
      json.put(
          "latency_seconds", Map.of("median", medianNanos / NANOS, "most", slowestNanos / NANOS));
      json.put("one_connection_bytes_per_second", one);
      json.put("connections", connections);
      json.put("bytes_per_second", many);
      return json;
    }

    List<String> lines() {
      return List.of(
          "object       " + UploadsListing.printable(target) + ", " + ByteCount.text(size),
          String.format(
              Locale.ROOT,
              "latency      %.1f ms, at most %.1f ms, to the first byte of %d requests",
              medianNanos / MILLIS,
              slowestNanos / MILLIS,
              LATENCIES),
          "connection   " + ByteCount.text(one) + "/s",
          "%-12d %s/s over as many connections".formatted(connections, ByteCount.text(many)));
    }
  }

  private final OpenBucket bucket;
  private final Transport transport;
  private final ObjectStat object;
  private final int connections;
  private final long nanos;
  private final AtomicLong bytes = new AtomicLong();
  private volatile String doing = "latency";
  private volatile long started = System.nanoTime();

  private StoreBench(OpenBucket bucket, ObjectStat object, int connections, int seconds) {
    this.bucket = bucket;
    this.transport = bucket.transport();
    this.object = object;
    this.connections = connections;
    this.nanos = TimeUnit.SECONDS.toNanos(seconds);
  }

  /**
   * Finds what to read.
   *
   * @param key of the object, or null for the largest of the first below the prefix
   * @throws IOException if there is none large enough, or memory for no so many connections
   */
  static StoreBench of(OpenBucket bucket, @Nullable String key, int connections, int seconds)
      throws IOException {
    Transport transport = bucket.transport();
    ObjectStat object =
        key != null
            ? transport.head(key)
            : transport.list(new ListRequest(bucket.prefix(), "", null, LISTED)).objects().stream()
                .max(Comparator.comparingLong(ObjectStat::size))
                .orElseThrow(
                    () ->
                        new IOException(
                            "no objects under %s/%s to read; name one with --key"
                                .formatted(transport.location(), bucket.prefix())));
    if (object.size() < SMALLEST) {
      throw new IOException(
          "%s has %d bytes, too few to measure anything; name one of at least 1 MiB with --key"
              .formatted(object.id().key(), object.size()));
    }
    long needed = (long) connections * REQUEST;
    if (needed > bucket.memory().available(Use.READ)) {
      throw new IOException(
          "%d connections need %s of memory, and memory.limit leaves %s; fewer --connections, or --set memory.limit=…"
              .formatted(
                  connections,
                  ByteCount.text(needed),
                  ByteCount.text(bucket.memory().available(Use.READ))));
    }
    return new StoreBench(bucket, object, connections, seconds);
  }

  /** Says how far it is, for a {@link ProgressLine}. */
  String progress() {
    long past = System.nanoTime() - started;
    return ProgressBar.text(
        (double) past / nanos,
        "%s, %s/s".formatted(doing, ByteCount.text((long) (bytes.get() / (past / NANOS)))));
  }

  Result run() throws IOException, InterruptedException {
    long[] latencies = latencies();
    long one = measure(1, "one connection");
    long many = measure(connections, connections + " connections");
    return new Result(
        transport.location() + "/" + object.id().key(),
        object.size(),
        latencies[latencies.length / 2],
        latencies[latencies.length - 1],
        one,
        connections,
        many);
  }

  private long[] latencies() throws StorageException {
    long[] latencies = new long[LATENCIES];
    try (Arena arena = Arena.ofConfined()) {
      ByteBuffer target = arena.allocate(1).asByteBuffer();
      // The first has to connect.
      read(0, target.duplicate());
      for (int i = 0; i < LATENCIES; i++) {
        long start = System.nanoTime();
        read(i, target.duplicate());
        latencies[i] = System.nanoTime() - start;
      }
    }
    Arrays.sort(latencies);
    return latencies;
  }

  /** Returns the bytes a second of so many readers. */
  private long measure(int readers, String name) throws IOException, InterruptedException {
    bytes.set(0);
    doing = name;
    started = System.nanoTime();
    AtomicLong next = new AtomicLong();
    List<Future<?>> running = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < readers; i++) {
        running.add(
            executor.submit(
                () -> {
                  readUntilTimeIsOver(next);
                  return null;
                }));
      }
      for (Future<?> reader : running) {
        reader.get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IllegalStateException("measuring failed", e.getCause());
    }
    return (long) (bytes.get() / ((System.nanoTime() - started) / NANOS));
  }

  private void readUntilTimeIsOver(AtomicLong next) throws IOException, InterruptedException {
    try (MemoryReservation reservation = bucket.memory().reserve(REQUEST, Use.READ);
        Arena arena = Arena.ofShared()) {
      ByteBuffer target = arena.allocate(reservation.bytes()).asByteBuffer();
      long requests = Math.ceilDiv(object.size(), REQUEST);
      while (System.nanoTime() - started < nanos) {
        long offset = next.getAndIncrement() % requests * REQUEST;
        int length = (int) Math.min(REQUEST, object.size() - offset);
        read(offset, target.slice(0, length));
      }
    }
  }

  private void read(long offset, ByteBuffer target) throws StorageException {
    transport.read(
        object.id(),
        new ByteRange(offset, offset + target.remaining()),
        new ByteBuffer[] {target},
        bytes::addAndGet);
  }
}
