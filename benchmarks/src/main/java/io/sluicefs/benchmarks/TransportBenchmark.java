// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import io.sluicefs.http.Endpoint;
import io.sluicefs.http.RangeReader;
import io.sluicefs.http.RangeReaderOptions;
import io.sluicefs.http.RangeRequest;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginDescriptor;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportProvider;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a GiB of ranged reads costs the client: 8 MiB ranges, eight in flight on virtual threads,
 * from an emulator in another process. Rows: the range reader alone, then every transport found.
 */
public final class TransportBenchmark {
  private static final int RANGE = 8 << 20;
  private static final int IN_FLIGHT = 8;
  private static final long OBJECT = 1L << 30;

  private TransportBenchmark() {}

  /** Reads a range into a buffer. */
  @FunctionalInterface
  private interface Reading {
    void read(ByteRange range, ByteBuffer[] target) throws Exception;
  }

  /**
   * Prints one row a client.
   *
   * @param arguments GiB to read, 4 if missing
   */
  public static void main(String... arguments) throws Exception {
    int gib = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 4;
    System.out.printf("%-12s %8s %12s %14s%n", "client", "MiB/s", "CPU-s/GiB", "heap KiB/GiB");
    try (StoreProcess store = StoreProcess.start(OBJECT, false)) {
      try (RangeReader reader = new RangeReader(RangeReaderOptions.DEFAULTS)) {
        measure("RangeReader", gib, bare(reader, store));
      }
      for (TransportProvider provider : ServiceLoader.load(TransportProvider.class)) {
        String name = provider.descriptor().name();
        URI endpoint = name.equals("oss") ? store.oss() : store.s3();
        try (Transport transport = provider.open(context(provider, endpoint))) {
          ObjectId id = transport.head(StoreProcess.KEY).id();
          measure(
              name, gib, (range, target) -> transport.read(id, range, target, ReadProgress.NONE));
        }
      }
    }
  }

  private static Reading bare(RangeReader reader, StoreProcess store) {
    Endpoint endpoint = Endpoint.of(store.s3());
    String target = "/" + StoreProcess.BUCKET + "/" + StoreProcess.KEY;
    return (range, buffers) ->
        reader.read(
            new RangeRequest(endpoint, target, Map.of(), range, store.etag(), "read"),
            buffers,
            ReadProgress.NONE,
            (request, answer) ->
                new StorageException(Kind.SERVER_ERROR, answer.status() + " " + answer.body()));
  }

  private static PluginContext context(TransportProvider provider, URI endpoint) throws Exception {
    Map<String, PluginSettings.Entry> entries = new HashMap<>();
    Map<String, String> texts =
        Map.of(
            "endpoint",
            endpoint.toString(),
            "bucket",
            StoreProcess.BUCKET,
            "region",
            provider.descriptor().name().equals("oss") ? "cn-hangzhou" : "us-east-1",
            "credentials",
            "static",
            "access-key-id",
            "emulator",
            "access-key-secret",
            "emulator-secret");
    texts.forEach((name, text) -> entries.put(name, new PluginSettings.Entry(text, "benchmark")));
    PluginDescriptor descriptor = provider.descriptor();
    PluginSettings settings =
        PluginSettings.of("transport." + descriptor.name(), descriptor.settings(), entries);
    return new PluginContext() {
      @Override
      public PluginSettings settings() {
        return settings;
      }

      @Override
      public MemoryBudget memory() {
        throw new UnsupportedOperationException("a transport takes no bulk memory to read");
      }
    };
  }

  private static void measure(String name, int gib, Reading reading) throws Exception {
    run(1L << 30, reading);
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    ThreadMXBean threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
    long heap = threads.getTotalThreadAllocatedBytes();
    long cpu = system.getProcessCpuTime();
    long time = System.nanoTime();
    run((long) gib << 30, reading);
    double seconds = (System.nanoTime() - time) / 1e9;
    double cpuSeconds = (system.getProcessCpuTime() - cpu) / 1e9;
    long heapBytes = threads.getTotalThreadAllocatedBytes() - heap;
    System.out.printf(
        "%-12s %8.0f %12.2f %14d%n",
        name, gib * 1024 / seconds, cpuSeconds / gib, heapBytes / gib / 1024);
  }

  private static void run(long bytes, Reading reading) throws Exception {
    AtomicLong next = new AtomicLong();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> readers = new ArrayList<>();
      for (int i = 0; i < IN_FLIGHT; i++) {
        Callable<Void> reader =
            () -> {
              ByteBuffer[] target = {ByteBuffer.allocateDirect(RANGE)};
              for (long at = next.getAndAdd(RANGE); at < bytes; at = next.getAndAdd(RANGE)) {
                reading.read(ByteRange.of(at % OBJECT, RANGE), target);
                target[0].clear();
              }
              return null;
            };
        readers.add(threads.submit(reader));
      }
      for (Future<?> reader : readers) {
        reader.get();
      }
    }
  }
}
