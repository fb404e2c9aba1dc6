// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.testkit.read.PatternTransport;
import io.sluicefs.spi.testkit.transport.MemoryTransport;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class RetryingTransportTest {
  private static final int KIB = 1 << 10;

  private final PatternTransport store = new PatternTransport();
  private final ObjectId id = store.add("model", "1", 1 << 20);
  private final RetryingTransport transport =
      new RetryingTransport(store, quick(Duration.ofSeconds(30)));

  @ParameterizedTest
  @EnumSource
  void whatMayPassIsTriedAgainAndNothingElse(Kind kind) throws Exception {
    store.failNext(kind, 0);
    if (kind.retryable()) {
      assertArrayEquals(store.expect(id, 0, 100), read(new ByteRange(0, 100)));
      assertEquals(2, store.requests());
    } else {
      StorageException failure =
          assertThrows(StorageException.class, () -> read(new ByteRange(0, 100)));
      assertEquals(kind, failure.kind());
      assertEquals(1, store.requests());
    }
  }

  @Test
  void aReadGoesOnFromItsLastGoodByteInTheMiddleOfABuffer() throws Exception {
    store.failNext(Kind.UNREACHABLE, 150 * KIB);
    store.failNext(Kind.TIMEOUT, 0);
    store.failNext(Kind.CORRUPT, 60 * KIB);
    List<Long> told = new ArrayList<>();
    ByteBuffer[] target = {direct(100 * KIB), direct(100 * KIB), direct(100 * KIB + 3)};
    long end = 5000 + 300 * KIB + 3;

    transport.read(id, new ByteRange(5000, end), target, told::add);

    assertEquals(
        List.of(
            new ByteRange(5000, end),
            new ByteRange(5000 + 150 * KIB, end),
            new ByteRange(5000 + 150 * KIB, end),
            new ByteRange(5000 + 210 * KIB, end)),
        store.reads());
    assertEquals(told.stream().sorted().distinct().toList(), told);
    assertEquals(end - 5000, told.getLast());
    ByteBuffer all = ByteBuffer.allocate(300 * KIB + 3);
    for (ByteBuffer buffer : target) {
      assertEquals(0, buffer.remaining());
      all.put(buffer.flip());
    }
    assertArrayEquals(store.expect(id, 5000, 300 * KIB + 3), all.array());
  }

  @Test
  void aFailureAfterTheLastByteIsNone() throws Exception {
    store.failNext(Kind.UNREACHABLE, 100 * KIB);

    read(new ByteRange(0, 100 * KIB));

    assertEquals(1, store.requests());
  }

  @Test
  void whatLastsFailsAtTheDeadline() throws Exception {
    store.failAll(Kind.SERVER_ERROR);
    RetryingTransport impatient = new RetryingTransport(store, quick(Duration.ofMillis(100)));

    StorageException failure =
        assertThrows(
            StorageException.class,
            () ->
                impatient.read(
                    id, new ByteRange(0, 10), new ByteBuffer[] {direct(10)}, ReadProgress.NONE));

    assertEquals(Kind.SERVER_ERROR, failure.kind());
    assertTrue(store.requests() > 1);
    store.recover();
    read(new ByteRange(0, 10));
  }

  @Test
  void aStoreThatAnswersNobodyKeepsTheDeadlineWaitingOnce() throws Exception {
    RetryingTransport impatient = new RetryingTransport(store, quick(Duration.ofMillis(100)));
    store.failAll(Kind.UNREACHABLE);
    assertThrows(StorageException.class, () -> readOne(impatient));
    int first = store.requests();

    assertThrows(StorageException.class, () -> readOne(impatient));
    assertEquals(first + 1, store.requests());

    store.recover();
    readOne(impatient);
    store.failAll(Kind.UNREACHABLE);
    int recovered = store.requests();
    assertThrows(StorageException.class, () -> readOne(impatient));
    assertTrue(store.requests() > recovered + 1, "is not patient again");
  }

  @Test
  void aStoreThatAnswersWithErrorsIsNotSilent() throws Exception {
    RetryingTransport impatient = new RetryingTransport(store, quick(Duration.ofMillis(100)));
    store.failAll(Kind.SERVER_ERROR);
    assertThrows(StorageException.class, () -> readOne(impatient));
    int first = store.requests();

    ObjectId other = store.add("other", "1", 1);
    assertThrows(StorageException.class, () -> readOne(impatient, other));

    assertTrue(store.requests() > first + 1, "gives up at once");
  }

  @Test
  void aReadThatComesFurtherIsNotGivenUp() throws Exception {
    for (int i = 0; i < 60; i++) {
      store.failNext(Kind.UNREACHABLE, KIB);
    }
    RetryPolicy policy =
        new RetryPolicy(
            Duration.ofNanos(1),
            Duration.ofNanos(1),
            Duration.ofDays(1),
            Duration.ofSeconds(30),
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO);
    ByteBuffer[] target = {direct(61 * KIB)};

    new RetryingTransport(store, policy)
        .read(id, ByteRange.of(0, 61 * KIB), target, ReadProgress.NONE);

    assertEquals(61, store.requests());
  }

  @Test
  void aReadThatComesFurtherByAFewBytesEachTimeIsGivenUp() {
    int bytes = 100_000;
    for (int i = 0; i < bytes; i++) {
      store.failNext(Kind.UNREACHABLE, 1);
    }
    RetryingTransport impatient = new RetryingTransport(store, quick(Duration.ofMillis(100)));
    ByteBuffer[] target = {direct(bytes)};

    assertThrows(
        StorageException.class,
        () -> impatient.read(id, ByteRange.of(0, bytes), target, ReadProgress.NONE));

    assertTrue(store.requests() < bytes);
  }

  @Test
  void whatLinuxAsksForOnceMoreAfterAFailureIsTriedOnce() throws Exception {
    RetryingTransport impatient = new RetryingTransport(store, quick(Duration.ofMillis(100)));
    store.failAll(Kind.SERVER_ERROR);
    assertThrows(StorageException.class, () -> readOne(impatient));
    int first = store.requests();

    assertThrows(StorageException.class, () -> readOne(impatient));
    assertEquals(first + 1, store.requests());

    store.recover();
    readOne(impatient);
    store.failNext(Kind.SERVER_ERROR, 0);
    readOne(impatient);
  }

  @Test
  void whatArrivesMovesTheDeadlineOn() {
    assertEquals(Duration.ofSeconds(1).toNanos(), RetryPolicy.STANDARD.creditNanos(64 * KIB));
    assertEquals(Duration.ofSeconds(16_384).toNanos(), RetryPolicy.STANDARD.creditNanos(1L << 30));
  }

  @Test
  void answersThatAreNotWhatWasAskedForAreNotAskedForUntilTheDeadlineOfOthers() {
    Duration pause = Duration.ofMillis(1);
    Duration patient = Duration.ofDays(1);
    RetryPolicy policy =
        new RetryPolicy(pause, pause, pause, patient, patient, patient, Duration.ofMillis(100));
    store.failAll(Kind.CORRUPT);
    RetryingTransport retrying = new RetryingTransport(store, policy);

    StorageException read = assertThrows(StorageException.class, () -> readOne(retrying));

    assertEquals(Kind.CORRUPT, read.kind());
    assertTrue(store.requests() > 4);
  }

  @Test
  void anInterruptedPauseIsACancelledRead() throws Exception {
    store.failAll(Kind.THROTTLED);
    RetryPolicy patient = RetryPolicy.STANDARD.withDeadline(Duration.ofDays(1));
    RetryingTransport waiting = new RetryingTransport(store, patient);
    List<Kind> kinds = new ArrayList<>();
    Thread reader =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    waiting.read(
                        id, new ByteRange(0, 9), new ByteBuffer[] {direct(9)}, ReadProgress.NONE);
                  } catch (StorageException e) {
                    kinds.add(e.kind());
                    kinds.add(Thread.currentThread().isInterrupted() ? e.kind() : Kind.CORRUPT);
                  }
                });
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (reader.getState() != Thread.State.TIMED_WAITING) {
      assertTrue(System.nanoTime() < deadline, "never pauses");
      Thread.onSpinWait();
    }
    reader.interrupt();
    reader.join();

    assertEquals(List.of(Kind.CANCELLED, Kind.CANCELLED), kinds);
  }

  @Test
  void createOnlyRequestsWhoseAnswersWereLostFindWhatTheyMade() throws Exception {
    MemoryTransport memory = new MemoryTransport();
    RetryingTransport retrying = new RetryingTransport(memory, quick(Duration.ofSeconds(30)));
    PutOptions createOnly = new PutOptions(true, "", Map.of());
    UploadBody body = new UploadBody(List.of(MemorySegment.ofBuffer(direct(9))));

    memory.loseNextAnswer(Operation.PUT);
    ObjectId put = retrying.put("put", createOnly, body).id();
    memory.loseNextAnswer(Operation.PUT);
    retrying.putSymlink("link", "target", createOnly);
    memory.loseNextAnswer(Operation.COPY);
    retrying.copy(put, 9, "copy", createOnly);

    assertEquals(4, memory.count(Operation.PUT));
    assertEquals(2, memory.count(Operation.COPY));
    assertEquals(put, memory.head("put").id());
    assertEquals("target", memory.readSymlink("link"));
    assertEquals(9, memory.head("copy").size());
  }

  @Test
  void aCreateOnlyPutThatMeetsAnotherObjectAfterALostAnswerFails() throws Exception {
    MemoryTransport memory = new MemoryTransport();
    RetryingTransport retrying = new RetryingTransport(memory, quick(Duration.ofSeconds(30)));
    AtomicBoolean replaced = new AtomicBoolean();
    memory.setGate(
        (operation, key) -> {
          if (memory.count(Operation.PUT) == 2 && replaced.compareAndSet(false, true)) {
            memory.put("key", "another's");
          }
        });
    memory.loseNextAnswer(Operation.PUT);
    UploadBody body = new UploadBody(List.of(MemorySegment.ofBuffer(direct(9))));

    StorageException failure =
        assertThrows(
            StorageException.class,
            () -> retrying.put("key", new PutOptions(true, "", Map.of()), body));

    assertEquals(Kind.ALREADY_EXISTS, failure.kind());
  }

  @Test
  void pausesDoubleUpToTheLongestAndAreLongerWhenThrottled() {
    RetryPolicy policy = RetryPolicy.STANDARD;
    assertEquals(Duration.ofMillis(50).toNanos(), policy.pauseNanos(1, false));
    assertEquals(Duration.ofMillis(100).toNanos(), policy.pauseNanos(2, false));
    assertEquals(Duration.ofMillis(500).toNanos(), policy.pauseNanos(1, true));
    assertEquals(Duration.ofSeconds(8).toNanos(), policy.pauseNanos(9, false));
    assertEquals(Duration.ofSeconds(8).toNanos(), policy.pauseNanos(1000, true));
  }

  @Test
  void whatTheStoreAsksToWaitIsWaitedAsFarAsTheDeadlineLeavesIt() {
    AtomicInteger asked = new AtomicInteger();
    Transport busy =
        new ForwardingTransport(store) {
          @Override
          public ObjectStat head(String key) throws StorageException {
            asked.incrementAndGet();
            throw new StorageException(Kind.THROTTLED, "busy", null, Duration.ofDays(1));
          }
        };
    RetryingTransport obedient = new RetryingTransport(busy, quick(Duration.ofSeconds(1)));

    StorageException failure = assertThrows(StorageException.class, () -> obedient.head("model"));

    assertEquals(Kind.THROTTLED, failure.kind());
    // With the pauses of its own, of a millisecond, there would be hundreds.
    assertEquals(2, asked.get());
  }

  private static RetryPolicy quick(Duration deadline) {
    Duration pause = Duration.ofMillis(1);
    return new RetryPolicy(pause, pause, pause, deadline, deadline, deadline, deadline);
  }

  private void readOne(RetryingTransport from) throws StorageException {
    readOne(from, id);
  }

  private static void readOne(RetryingTransport from, ObjectId object) throws StorageException {
    from.read(object, new ByteRange(0, 1), new ByteBuffer[] {direct(1)}, ReadProgress.NONE);
  }

  private byte[] read(ByteRange range) throws StorageException {
    ByteBuffer target = direct((int) range.length());
    transport.read(id, range, new ByteBuffer[] {target}, ReadProgress.NONE);
    byte[] bytes = new byte[(int) range.length()];
    target.flip().get(bytes);
    return bytes;
  }

  private static ByteBuffer direct(int size) {
    return ByteBuffer.allocateDirect(size);
  }
}
