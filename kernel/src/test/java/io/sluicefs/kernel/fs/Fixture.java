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
import io.sluicefs.kernel.transport.UninterruptedChanges;
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
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.function.Executable;

/** A file system over a bucket in memory, with a clock the test moves. */
final class Fixture implements AutoCloseable {
  static final Caller CALLER = new Caller(1000, 1000, 42);
  static final Instant MOUNTED = Instant.parse("2026-01-02T03:04:05.678Z");
  static final NamespaceOptions OPTIONS = NamespaceOptions.defaults();

  static final int RENAME_LIMIT = 1000;
  static final int MIB = 1 << 20;

  /** Parts as small as they can be, all of them kept, and few under way. */
  static final WriteOptions SMALL_PARTS = new WriteOptions(MIB, 4, 2, 32 * MIB);

  /** As above, with nothing kept once it was sent. */
  static final WriteOptions NOTHING_KEPT = new WriteOptions(MIB, 4, 2, 0);

  static final int O_RDONLY = 0;
  static final int O_WRONLY = 1;
  static final int O_RDWR = 2;
  static final int O_CREAT = 0100;
  static final int O_EXCL = 0200;
  static final int O_TRUNC = 01000;
  static final int O_APPEND = 02000;
  private static final long MEMORY = 64L * MIB;

  final MemoryTransport bucket = new MemoryTransport();
  final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1000);
  final SluiceFileSystem fs;
  private final LeakCheckedMemory memory = new LeakCheckedMemory(MEMORY);
  final SmallBlockCache cache = new SmallBlockCache();
  private final @Nullable StagingArea staging;
  private final ObjectReaders readers;
  private final FileWriters writers;

  /** A mount that is only read. */
  Fixture() {
    this("", OPTIONS);
  }

  Fixture(String prefix, NamespaceOptions options) {
    this(prefix, options, true, null, WriteOptions.standard(MEMORY / 4));
  }

  /** A mount that is written to, with its staging files in a folder, or without any. */
  static Fixture writable(@Nullable StagingArea staging) {
    return writable(staging, WriteOptions.standard(MEMORY / 4));
  }

  /** As above, with small parts for instance. */
  static Fixture writable(@Nullable StagingArea staging, WriteOptions writing) {
    return new Fixture("", OPTIONS, false, staging, writing);
  }

  /** A mount that keeps the attributes of files in the store. */
  static Fixture keepingAttributes() {
    return new Fixture(
        "", OPTIONS.withAttributesKept(), false, null, WriteOptions.standard(MEMORY / 4));
  }

  private Fixture(
      String prefix,
      NamespaceOptions options,
      boolean readOnly,
      @Nullable StagingArea staging,
      WriteOptions writing) {
    this.staging = staging;
    KeptBytes kept = new KeptBytes();
    Transport transport = new KeptTransport(new UninterruptedChanges(bucket), kept);
    readers =
        new ObjectReaders(
            transport, List.of(cache), new NoReadAhead(), memory, ReadOptions.STANDARD);
    writers = new FileWriters(transport, kept, memory, staging, writing, InstantSource.system());
    // What changed at one moment is not what was asked at that moment: time goes on.
    LongSupplier clock = readOnly ? nanos::get : nanos::incrementAndGet;
    Namespace namespace = new Namespace(transport, prefix, options, clock, () -> MOUNTED);
    fs =
        new SluiceFileSystem(
            namespace,
            transport,
            readers,
            writers,
            options,
            new ChangeOptions(readOnly, RENAME_LIMIT));
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
    return new String(readBytes(file, offset, length), StandardCharsets.UTF_8);
  }

  /** Creates a file of the root and opens it for writing. */
  OpenFile create(String name) throws FuseException {
    return create(name, O_WRONLY | O_CREAT);
  }

  OpenFile create(String name, int flags) throws FuseException {
    return fs.create(CALLER, FuseOperations.ROOT, name, 0644, flags).file();
  }

  OpenFile open(String path, int flags) throws FuseException {
    return fs.open(CALLER, lookup(path).inode(), flags);
  }

  void write(OpenFile file, long offset, byte[] bytes) throws FuseException {
    try (Arena arena = Arena.ofConfined()) {
      fs.write(CALLER, file.handle(), offset, arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes));
    }
  }

  void write(OpenFile file, long offset, String text) throws FuseException {
    write(file, offset, utf8(text));
  }

  /** Writes from a file's start in requests of 128 KiB, as Linux does. */
  void writeAll(OpenFile file, byte[] bytes) throws FuseException {
    for (int at = 0; at < bytes.length; at += 128 << 10) {
      write(file, at, Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + (128 << 10))));
    }
  }

  /** Closes a descriptor, the only one of its handle. */
  void close(OpenFile file) throws FuseException {
    try {
      fs.flush(CALLER, file.handle());
    } finally {
      fs.release(file.handle());
    }
  }

  /** Creates a file, writes it and closes it. */
  void store(String name, byte[] bytes) throws FuseException {
    OpenFile file = create(name);
    writeAll(file, bytes);
    close(file);
  }

  /** Reads in requests of 128 KiB. */
  byte[] readAll(OpenFile file, int length) throws FuseException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int at = 0; at < length; at += 128 << 10) {
      all.writeBytes(readBytes(file, at, Math.min(128 << 10, length - at)));
    }
    return all.toByteArray();
  }

  byte[] readBytes(OpenFile file, long offset, int length) throws FuseException {
    try (ReadReply reply = new ReadReply()) {
      fs.read(CALLER, file.handle(), offset, length, reply);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      for (int i = 0; i < reply.count(); i++) {
        bytes.writeBytes(reply.segment(i).toArray(ValueLayout.JAVA_BYTE));
      }
      return bytes.toByteArray();
    }
  }

  /** Returns what the store has under a key, past this mount; counts no request. */
  byte[] stored(String key) {
    return bucket.content(key);
  }

  String text(String key) {
    return new String(stored(key), StandardCharsets.UTF_8);
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  boolean isStored(String key) {
    return bucket.keys().contains(key);
  }

  long count(Operation operation) {
    return bucket.count(operation);
  }

  static byte[] random(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
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
    if (staging != null) {
      staging.close();
    }
    memory.close();
    bucket.close();
  }
}
