// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.transport.MultipartUpload;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportProvider;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a GiB of uploads costs the client: objects of 512 MiB in parts of 8 MiB, eight parts in
 * flight on virtual threads, to an emulator in another process. A row for every transport found.
 */
public final class UploadBenchmark {
  private static final int PART = 8 << 20;
  private static final int IN_FLIGHT = 8;
  private static final long OBJECT = 512L << 20;
  private static final String KEY = "uploaded";

  private UploadBenchmark() {}

  /**
   * Prints one row a transport.
   *
   * @param arguments GiB to send, 4 if missing
   */
  public static void main(String... arguments) throws Exception {
    int gib = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 4;
    Cost.printHead();
    try (Arena arena = Arena.ofShared();
        StoreProcess store = StoreProcess.start(1, false)) {
      MemorySegment memory = arena.allocate((long) PART * IN_FLIGHT);
      for (long at = 0; at < memory.byteSize(); at += Long.BYTES) {
        memory.set(ValueLayout.JAVA_LONG, at, at * 0x9E3779B97F4A7C15L);
      }
      for (TransportProvider provider : ServiceLoader.load(TransportProvider.class)) {
        String name = provider.descriptor().name();
        URI endpoint = name.equals("oss") ? store.oss() : store.s3();
        try (Transport transport = provider.open(BenchmarkContext.of(provider, endpoint))) {
          Cost.print(name, gib, bytes -> send(transport, memory, bytes));
        }
      }
    }
  }

  private static void send(Transport transport, MemorySegment memory, long bytes) throws Exception {
    for (long sent = 0; sent < bytes; sent += OBJECT) {
      try (MultipartUpload upload = transport.startMultipartUpload(KEY, PutOptions.REPLACE)) {
        upload.complete(parts(upload, memory));
      }
      transport.delete(List.of(KEY));
    }
  }

  private static List<MultipartUpload.Part> parts(MultipartUpload upload, MemorySegment memory)
      throws Exception {
    AtomicInteger next = new AtomicInteger();
    List<Future<List<MultipartUpload.Part>>> senders = new ArrayList<>();
    List<MultipartUpload.Part> parts = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < IN_FLIGHT; i++) {
        UploadBody body = new UploadBody(List.of(memory.asSlice((long) i * PART, PART)));
        senders.add(threads.submit(() -> sendAll(upload, body, next)));
      }
      for (Future<List<MultipartUpload.Part>> sender : senders) {
        parts.addAll(sender.get());
      }
    }
    return parts;
  }

  private static List<MultipartUpload.Part> sendAll(
      MultipartUpload upload, UploadBody body, AtomicInteger next) throws StorageException {
    List<MultipartUpload.Part> sent = new ArrayList<>();
    for (int part = next.incrementAndGet(); part <= OBJECT / PART; part = next.incrementAndGet()) {
      sent.add(upload.uploadPart(part, body));
    }
    return sent;
  }
}
