// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.sluicefs.kernel.namespace.Namespace;
import io.sluicefs.kernel.namespace.NamespaceOptions;
import io.sluicefs.kernel.read.ObjectReaders;
import io.sluicefs.kernel.read.ReadOptions;
import io.sluicefs.kernel.staging.StagingArea;
import io.sluicefs.kernel.write.FileWriters;
import io.sluicefs.kernel.write.KeptBytes;
import io.sluicefs.kernel.write.KeptTransport;
import io.sluicefs.kernel.write.WriteOptions;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.fuse.Caller;
import io.sluicefs.spi.fuse.Entry;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;
import io.sluicefs.spi.fuse.ReadReply;
import io.sluicefs.spi.prefetch.PrefetchLimits;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.prefetch.ReadAheadWindow;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.transport.MemoryTransport;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import io.sluicefs.spi.transport.Transport;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.function.Executable;

/** A file system over a bucket in memory, with a clock the test moves. */
final class Fixture implements AutoCloseable {
  static final Caller CALLER = new Caller(1000, 1000, 42);
  static final Instant MOUNTED = Instant.parse("2026-01-02T03:04:05.678Z");
  static final NamespaceOptions OPTIONS = NamespaceOptions.defaults();

  final MemoryTransport bucket = new MemoryTransport();
  final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1000);
  final SluiceFileSystem fs;
  private final LeakCheckedMemory memory = new LeakCheckedMemory(64 << 20);
  final SmallBlockCache cache = new SmallBlockCache();
  private final ObjectReaders readers;
  private final FileWriters writers;

  /** A mount that is only read. */
  Fixture() {
    this("", OPTIONS);
  }

  Fixture(String prefix, NamespaceOptions options) {
    this(prefix, options, true, null);
  }

  /** A mount that is written to, with its staging files in a folder, or without any. */
  static Fixture writable(@Nullable StagingArea staging) {
    return new Fixture("", OPTIONS, false, staging);
  }

  private Fixture(
      String prefix, NamespaceOptions options, boolean readOnly, @Nullable StagingArea staging) {
    KeptBytes kept = new KeptBytes();
    Transport transport = new KeptTransport(bucket, kept);
    readers =
        new ObjectReaders(
            transport, List.of(cache), new NoReadAhead(), memory, ReadOptions.STANDARD);
    writers =
        new FileWriters(
            transport,
            kept,
            memory,
            staging,
            WriteOptions.standard(memory.limit() / 4),
            InstantSource.system());
    Namespace namespace = new Namespace(transport, prefix, options, nanos::get, () -> MOUNTED);
    fs =
        new SluiceFileSystem(
            namespace, transport, readers, writers, options, new ChangeOptions(readOnly, 1000));
  }

  /** Reads ahead nothing, so that a test knows every request. */
  private static final class NoReadAhead implements Prefetcher {
    @Override
    public ReadAhead open(ObjectId id, long size) {
      return (justRead, budget) -> ReadAheadWindow.EMPTY;
    }

    @Override
    public PrefetchLimits limits() {
      return new PrefetchLimits(1 << 20, 1, 1);
    }
  }

  void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  Entry lookup(long parent, String name) throws FuseException {
    Entry entry = fs.lookup(CALLER, parent, name);
    assertNotNull(entry);
    return entry;
  }

  Entry lookup(String path) throws FuseException {
    Entry entry = fs.getattr(CALLER, FuseOperations.ROOT);
    for (String name : path.split("/", -1)) {
      entry = lookup(entry.inode(), name);
    }
    return entry;
  }

  OpenFile open(String path) throws FuseException {
    return fs.open(CALLER, lookup(path).inode(), 0);
  }

  OpenFile opendir(long inode) throws FuseException {
    return fs.opendir(CALLER, inode);
  }

  String read(OpenFile file, long offset, int length) throws FuseException {
    try (ReadReply reply = new ReadReply()) {
      fs.read(CALLER, file.handle(), offset, length, reply);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      for (int i = 0; i < reply.count(); i++) {
        bytes.writeBytes(reply.segment(i).toArray(ValueLayout.JAVA_BYTE));
      }
      return bytes.toString(StandardCharsets.UTF_8);
    }
  }

  /** Lists a directory as ls does: opens it, reads it to its end, closes it. */
  Listed list(long inode) throws FuseException {
    OpenFile directory = opendir(inode);
    try {
      return readAll(directory);
    } finally {
      fs.releasedir(directory.handle());
    }
  }

  Listed readAll(OpenFile directory) throws FuseException {
    Listed all = new Listed(Integer.MAX_VALUE);
    Listed some = new Listed(100);
    while (true) {
      fs.readdir(CALLER, directory.handle(), all.nextOffset(), some);
      if (some.names().isEmpty()) {
        return all;
      }
      all.take(some);
    }
  }

  List<String> names(long inode) throws FuseException {
    List<String> names = list(inode).names();
    return names.subList(2, names.size()).stream().sorted().toList();
  }

  long lists() {
    return bucket.count(Operation.LIST);
  }

  long requests() {
    return bucket.count();
  }

  static void assertErrno(int errno, Executable call) {
    assertEquals(errno, assertThrows(FuseException.class, call).errno());
  }

  @Override
  public void close() {
    fs.close();
    writers.close();
    readers.close();
    cache.close();
    memory.close();
    bucket.close();
  }
}
