// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.kernel.staging.StagingArea;
import io.sluicefs.kernel.staging.StagingOptions;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.fuse.ReadReply;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.transport.MemoryTransport;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.ReadProgress;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writers to a bucket in memory, with a staging folder; closing it fails if memory leaked. */
final class WriteFixture implements AutoCloseable {
  static final int MIB = 1 << 20;

  final MemoryTransport bucket = new MemoryTransport();
  final KeptBytes kept = new KeptBytes();
  final KeptTransport transport = new KeptTransport(bucket, kept);
  final LeakCheckedMemory memory;
  final FileWriters writers;
  private final StagingArea staging;

  WriteFixture(Path folder, WriteOptions options) throws IOException {
    this(folder, options, 64L * MIB);
  }

  @SuppressWarnings("MustBeClosedChecker") // close() closes it
  WriteFixture(Path folder, WriteOptions options, long memoryLimit) throws IOException {
    memory = new LeakCheckedMemory(memoryLimit);
    staging =
        StagingArea.open(
            new StagingOptions(folder.resolve("staging"), 1L << 30, 0), Path.of("/no/mountpoint"));
    writers = new FileWriters(transport, kept, memory, staging, options, InstantSource.system());
  }

  @MustBeClosed
  WrittenFile create(String key) {
    return writers.open(key, null, false);
  }

  @MustBeClosed
  WrittenFile open(String key) throws IOException {
    ObjectStat stat = transport.head(key);
    return writers.open(key, new StoredObject(stat.id(), stat.size()), false);
  }

  static void write(WrittenFile file, long offset, byte[] bytes)
      throws IOException, InterruptedException {
    try (Arena arena = Arena.ofConfined()) {
      file.write(offset, arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes));
    }
  }

  /** Reads as a handle does: from what is written, else from the object the file began with. */
  byte[] read(WrittenFile file, long offset, int length) throws IOException, InterruptedException {
    try (ReadReply reply = new ReadReply()) {
      if (file.read(offset, length, reply)) {
        return bytes(reply);
      }
    }
    StoredObject base = file.base();
    assertNotNull(base);
    return read(base, offset, length);
  }

  private static byte[] bytes(ReadReply reply) {
    List<MemorySegment> segments = new ArrayList<>();
    for (int i = 0; i < reply.count(); i++) {
      segments.add(reply.segment(i));
    }
    byte[] all = new byte[(int) segments.stream().mapToLong(MemorySegment::byteSize).sum()];
    int at = 0;
    for (MemorySegment segment : segments) {
      int count = (int) segment.byteSize();
      MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, 0, all, at, count);
      at += count;
    }
    return all;
  }

  byte[] read(StoredObject object, long offset, int length) throws IOException {
    byte[] bytes = new byte[length];
    ByteBuffer[] target = {ByteBuffer.wrap(bytes)};
    transport.read(object.id(), ByteRange.of(offset, length), target, ReadProgress.NONE);
    return bytes;
  }

  /** Returns what the store has under a key, asked past what is kept in memory. */
  byte[] stored(String key) throws IOException {
    ObjectStat stat = bucket.head(key);
    byte[] bytes = new byte[(int) stat.size()];
    ByteBuffer[] target = {ByteBuffer.wrap(bytes)};
    bucket.read(stat.id(), new ByteRange(0, stat.size()), target, ReadProgress.NONE);
    return bytes;
  }

  /** Publishes a file and deletes the objects it had before, as the file system does. */
  @Nullable ObjectStat publish(WrittenFile file) throws IOException, InterruptedException {
    ObjectStat[] made = new ObjectStat[1];
    List<String> former = file.publish(stat -> made[0] = stat);
    if (!former.isEmpty()) {
      bucket.delete(former);
    }
    return made[0];
  }

  /** Renames a file as the file system does. */
  void rename(WrittenFile file, String key) throws IOException, InterruptedException {
    String before = file.key();
    ObjectStat copy = file.rename(key, writers::copy);
    if (copy != null) {
      bucket.delete(List.of(before));
    }
  }

  /** Fails unless no upload was left behind. */
  void assertNoUploads() throws IOException {
    assertEquals(List.of(), bucket.listUploads(""));
  }

  @Override
  public void close() throws IOException {
    writers.close();
    staging.close();
    memory.close();
    bucket.close();
  }
}
