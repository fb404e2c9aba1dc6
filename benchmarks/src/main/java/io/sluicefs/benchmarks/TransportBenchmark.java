// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks;

import io.sluicefs.http.Endpoint;
import io.sluicefs.http.RangeReader;
import io.sluicefs.http.RangeReaderOptions;
import io.sluicefs.http.RangeRequest;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportProvider;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.ArrayList;
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
    Cost.printHead();
    try (StoreProcess store = StoreProcess.start(OBJECT, false)) {
      try (RangeReader reader = new RangeReader(RangeReaderOptions.DEFAULTS)) {
        Cost.print("RangeReader", gib, reading(bare(reader, store)));
      }
      for (TransportProvider provider : ServiceLoader.load(TransportProvider.class)) {
        String name = provider.descriptor().name();
        URI endpoint = name.equals("oss") ? store.oss() : store.s3();
        try (Transport transport = provider.open(BenchmarkContext.of(provider, endpoint))) {
          ObjectId id = transport.head(StoreProcess.KEY).id();
          Cost.print(
              name,
              gib,
              reading((range, target) -> transport.read(id, range, target, ReadProgress.NONE)));
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

  private static Cost.Work reading(Reading reading) {
    return bytes -> read(bytes, reading);
  }

  private static void read(long bytes, Reading reading) throws Exception {
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
