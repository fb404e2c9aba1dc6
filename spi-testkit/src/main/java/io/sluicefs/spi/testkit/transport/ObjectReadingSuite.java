// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.StoredChecksum;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a transport must tell of objects and read them, and how reads must end. */
abstract class ObjectReadingSuite extends ListingSuite {
  @Test
  void headTellsSizeEtagAndTime() throws Exception {
    byte[] content = content(12_345, 1);
    store(prefix + "object", content);
    ObjectStat stat = transport.head(prefix + "object");
    assertEquals(prefix + "object", stat.id().key());
    assertEquals(content.length, stat.size());
    assertEquals(ObjectStat.Type.DATA, stat.type());
    assertFalse(stat.id().etag().contains("\""), stat.id().etag());
    assertTrue(stat.lastModified().isAfter(Instant.parse("2000-01-01T00:00:00Z")));
  }

  @Test
  void headOfAnEmptyObjectTellsThatItIsEmpty() throws Exception {
    store(prefix + "empty", new byte[0]);
    assertEquals(0, transport.head(prefix + "empty").size());
  }

  @Test
  void headOfAMissingObjectIsNotFound() {
    assertFails(Kind.NOT_FOUND, () -> transport.head(prefix + "missing"));
  }

  @Test
  void headSeesANewVersion() throws Exception {
    store(prefix + "object", content(10, 1));
    ObjectStat before = transport.head(prefix + "object");
    store(prefix + "object", content(20, 2));
    ObjectStat after = transport.head(prefix + "object");
    assertNotEquals(before.id().etag(), after.id().etag());
    assertEquals(20, after.size());
    remove(prefix + "object");
    assertFails(Kind.NOT_FOUND, () -> transport.head(prefix + "object"));
  }

  @Test
  void theChecksumTheStoreKeepsIsThatOfTheBytesHoweverTheyAreDivided() throws Exception {
    byte[] content = content(300_001, 7);
    ObjectId id = stored("object", content);
    StoredChecksum kept = transport.checksum(id).orElse(null);
    assumeTrue(kept != null, "the store keeps no checksum of all bytes that ranges make up");
    assertEquals(content.length, kept.size());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, content);
      long together = 0;
      for (int start = 0, length = 1; start < content.length; start += length, length *= 3) {
        length = Math.min(length, content.length - start);
        MemorySegment part = bytes.asSlice(start, length);
        together = kept.algorithm().combine(together, kept.algorithm().of(part), length);
      }
      assertEquals(kept.value(), kept.algorithm().of(bytes));
      assertEquals(kept.value(), together);
    }
    ObjectId other = new ObjectId(id.key(), "0123456789abcdef0123456789abcdef");
    assertEquals(Optional.empty(), transport.checksum(other));
  }

  @Test
  void theChecksumOfAMissingObjectIsNotFoundOrNotKept() throws Exception {
    ObjectId missing = new ObjectId(prefix + "missing", "0123456789abcdef0123456789abcdef");
    try {
      assertEquals(Optional.empty(), transport.checksum(missing));
    } catch (StorageException e) {
      assertEquals(Kind.NOT_FOUND, e.kind());
    }
  }

  @Test
  void readsEveryKindOfRangeIntoEveryKindOfBuffers() throws Exception {
    byte[] content = content(1_000_003, 3);
    ObjectId id = stored("object", content);
    int size = content.length;
    int[][] ranges = {
      {0, size}, {0, 1}, {size - 1, size}, {1, size}, {0, size - 1}, {4096, 8192}, {65_535, 65_537}
    };
    for (int[] range : ranges) {
      assertReads(id, content, range[0], range[1], 1, new Random(1));
      assertReads(id, content, range[0], range[1], 7, new Random(2));
    }
    Random random = new Random(4);
    for (int i = 0; i < 40; i++) {
      int from = random.nextInt(size);
      int to = from + 1 + random.nextInt(size - from);
      assertReads(id, content, from, to, 1 + random.nextInt(40), random);
    }
  }

  @Test
  void movesPositionsAndLeavesTheRestAlone() throws Exception {
    byte[] content = content(1000, 5);
    ObjectId id = stored("object", content);
    ByteBuffer buffer = ByteBuffer.allocateDirect(300);
    buffer.position(100).limit(200);
    transport.read(id, new ByteRange(50, 150), new ByteBuffer[] {buffer}, ReadProgress.NONE);
    assertEquals(200, buffer.position());
    assertEquals(200, buffer.limit());
    buffer.clear();
    for (int i = 0; i < 300; i++) {
      byte expected = i < 100 || i >= 200 ? 0 : content[i - 50];
      assertEquals(expected, buffer.get(i), "byte " + i);
    }
  }

  @Test
  void announcesOnlyBytesThatAreThere() throws Exception {
    byte[] content = content(4 << 20, 6);
    ObjectId id = stored("object", content);
    ByteBuffer buffer = ByteBuffer.allocateDirect(content.length);
    List<Long> announced = new ArrayList<>();
    AtomicBoolean truthful = new AtomicBoolean(true);
    transport.read(
        id,
        new ByteRange(0, content.length),
        new ByteBuffer[] {buffer},
        filled -> {
          int before = announced.isEmpty() ? 0 : Math.toIntExact(announced.getLast());
          announced.add(filled);
          for (int i = before; i < filled; i++) {
            if (buffer.get(i) != content[i]) {
              truthful.set(false);
            }
          }
        });
    assertTrue(truthful.get());
    assertEquals(content.length, announced.getLast());
    assertEquals(announced.stream().sorted().distinct().toList(), announced);
  }

  @Test
  void readOfAMissingObjectIsNotFound() {
    ObjectId id = new ObjectId(prefix + "missing", "0123456789abcdef0123456789abcdef");
    assertFails(Kind.NOT_FOUND, () -> read(id, 0, 10));
  }

  @Test
  void readOfADeletedObjectIsNotFound() throws Exception {
    ObjectId id = stored("object", content(100, 7));
    remove(id.key());
    assertFails(Kind.NOT_FOUND, () -> read(id, 0, 10));
  }

  @Test
  void readOfAnotherVersionFails() throws Exception {
    ObjectId id = stored("object", content(100, 8));
    assertFails(
        Kind.PRECONDITION_FAILED,
        () -> read(new ObjectId(id.key(), "0123456789abcdef0123456789abcdef"), 0, 10));
    store(id.key(), content(100, 9));
    StorageException failure = assertFails(Kind.PRECONDITION_FAILED, () -> read(id, 0, 10));
    assertTrue(message(failure).contains(id.key()), message(failure));
    assertFalse(failure.retryable());
  }

  @Test
  void readOfAShorterVersionFails() throws Exception {
    ObjectId id = stored("object", content(1000, 8));
    store(id.key(), content(10, 9));
    assertFails(Kind.PRECONDITION_FAILED, () -> read(id, 500, 1000));
  }

  @Test
  void readsThirtyTwoRangesAtOnce() throws Exception {
    byte[] content = content(2 << 20, 10);
    ObjectId id = stored("object", content);
    List<FutureTask<Boolean>> reads = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      Random random = new Random(i);
      FutureTask<Boolean> read =
          new FutureTask<>(
              () -> {
                for (int round = 0; round < 4; round++) {
                  int from = random.nextInt(content.length - 1);
                  int to = from + 1 + random.nextInt(content.length - from);
                  assertReads(id, content, from, Math.min(to, content.length), 3, random);
                }
                return true;
              });
      reads.add(read);
      Thread.ofVirtual().start(read);
    }
    for (FutureTask<Boolean> read : reads) {
      assertTrue(read.get(60, TimeUnit.SECONDS));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anInterruptedReadEndsAndTheNextOneWorks(boolean virtual) throws Exception {
    byte[] content = content(32 << 20, 11);
    ObjectId id = stored("object", content);
    AtomicBoolean status = new AtomicBoolean();
    FutureTask<StorageException> read =
        new FutureTask<>(
            () -> {
              ByteBuffer[] target = {ByteBuffer.allocateDirect(content.length)};
              Thread self = Thread.currentThread();
              StorageException failure =
                  assertFails(
                      Kind.CANCELLED,
                      () ->
                          transport.read(
                              id,
                              new ByteRange(0, content.length),
                              target,
                              bytes -> self.interrupt()));
              status.set(Thread.currentThread().isInterrupted());
              return failure;
            });
    start(virtual, read);
    read.get(30, TimeUnit.SECONDS);
    assertTrue(status.get(), "the interrupt status is set");
    assertReads(id, content, 0, 100_000, 1, new Random(1));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void interruptsEndRequestsNobodyAnswers(boolean virtual) throws Exception {
    ObjectId id = stored("object", content(100, 12));
    try (AutoCloseable delay = delayAnswers(Duration.ofSeconds(60))) {
      assumeTrue(delay != null, "this store cannot be made to answer late");
      List<Callable<?>> requests =
          List.of(
              () -> transport.head(id.key()),
              () -> transport.list(ListRequest.directory(prefix)),
              () -> read(id, 0, 10));
      for (Callable<?> request : requests) {
        CountDownLatch started = new CountDownLatch(1);
        AtomicBoolean status = new AtomicBoolean();
        FutureTask<StorageException> failing =
            new FutureTask<>(
                () -> {
                  started.countDown();
                  StorageException failure = assertFails(Kind.CANCELLED, request);
                  status.set(Thread.currentThread().isInterrupted());
                  return failure;
                });
        Thread thread = start(virtual, failing);
        started.await();
        thread.interrupt();
        failing.get(20, TimeUnit.SECONDS);
        assertTrue(status.get(), "the interrupt status is set");
      }
    }
    assertEquals(100, transport.head(id.key()).size());
  }

  @Test
  void anInterruptedThreadSendsNothing() throws Exception {
    ObjectId id = stored("object", content(100, 12));
    for (Callable<?> request :
        List.<Callable<?>>of(
            () -> transport.head(id.key()),
            () -> transport.list(ListRequest.directory(prefix)),
            () -> read(id, 0, 10))) {
      Thread.currentThread().interrupt();
      assertFails(Kind.CANCELLED, request);
      assertTrue(Thread.interrupted(), "the interrupt status is set");
    }
    assertEquals(100, transport.head(id.key()).size());
  }

  @Test
  void closesMoreThanOnceAndFailsAfterwards() throws Exception {
    ObjectId id = stored("object", content(100, 13));
    read(id, 0, 100);
    transport.close();
    transport.close();
    assertThrows(StorageException.class, () -> read(id, 0, 100));
    assertThrows(StorageException.class, () -> transport.head(id.key()));
    assertThrows(StorageException.class, () -> transport.list(ListRequest.directory(prefix)));
  }
}
