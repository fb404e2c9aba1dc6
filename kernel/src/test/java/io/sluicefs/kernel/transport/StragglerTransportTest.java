// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import static io.sluicefs.kernel.transport.TransportDecoratorsTest.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.testkit.read.PatternTransport;
import io.sluicefs.spi.transport.ReadProgress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StragglerTransportTest {
  private static final int ANSWERED = 100;

  private final PatternTransport store = new PatternTransport();
  private final ObjectId id = store.add("model", "1", 1 << 20);
  private final TransportCounters counters = new TransportCounters();
  private final StragglerTransport transport = new StragglerTransport(store, counters);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  @AfterEach
  void close() {
    store.open();
    threads.close();
    transport.close();
  }

  @Test
  void aReadThatWaitsMuchLongerThanOthersIsSentAgain() throws Exception {
    answerMany();
    store.hold();
    Future<byte[]> read = threads.submit(() -> read(7));
    await(() -> store.requests() == ANSWERED + 2);
    store.open();

    assertArrayEquals(store.expect(id, 7, 100), read.get());
    assertEquals(1, counters.lateReads());
  }

  @Test
  void itIsSentAgainOnce() throws Exception {
    answerMany();
    store.hold();
    Future<byte[]> read = threads.submit(() -> read(7));
    await(() -> counters.lateReads() == 1 && store.requests() == ANSWERED + 2);
    store.failAll(Kind.SERVER_ERROR);
    store.open();

    ExecutionException failure = assertThrows(ExecutionException.class, read::get);
    StorageException cause = assertInstanceOf(StorageException.class, failure.getCause());
    assertEquals(Kind.SERVER_ERROR, cause.kind());
    assertEquals(ANSWERED + 2, store.requests());
  }

  @Test
  void oneOfTwentyReadsIsAtMost() throws Exception {
    answerMany();
    store.hold();
    List<Future<byte[]>> reads = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      reads.add(threads.submit(() -> read(0)));
    }
    await(() -> store.requests() == ANSWERED + 10 + ANSWERED / 20);
    store.open();
    for (Future<byte[]> read : reads) {
      read.get();
    }

    assertEquals(ANSWERED / 20, counters.lateReads());
  }

  @Test
  void aReadThatIsInterruptedByItsOwnerIsCancelled() throws Exception {
    answerMany();
    store.hold();
    List<Kind> kinds = new ArrayList<>();
    Thread reader =
        Thread.ofVirtual()
            .start(
                () -> {
                  StorageException e = assertThrows(StorageException.class, () -> read(0));
                  assertTrue(Thread.currentThread().isInterrupted());
                  kinds.add(e.kind());
                });
    // The second attempt is left alone, so what interrupts it is the owner.
    await(() -> store.requests() == ANSWERED + 2);
    reader.interrupt();
    reader.join();

    assertEquals(List.of(Kind.CANCELLED), kinds);
  }

  @Test
  void nothingIsUsualBeforeManyAnswers() {
    FirstByteTimes times = new FirstByteTimes();
    for (int i = 0; i < 31; i++) {
      times.add(1_000_000);
    }
    assertEquals(FirstByteTimes.UNKNOWN, times.within(950));
    times.add(1_000_000);
    assertNear(1_000_000, times.within(950));
  }

  @Test
  void whatIsUsualIsOfTheLastAnswers() {
    FirstByteTimes times = new FirstByteTimes();
    for (int i = 0; i < 1000; i++) {
      times.add(i < 940 ? 20_000_000 : 900_000_000);
    }
    assertNear(20_000_000, times.within(940));
    assertNear(900_000_000, times.within(950));
    for (int i = 0; i < 5000; i++) {
      times.add(3_000_000);
    }
    assertNear(3_000_000, times.within(950));
  }

  private static void assertNear(long expected, long nanos) {
    assertTrue(Math.abs(nanos - expected) <= expected / 8, () -> nanos + " is not " + expected);
  }

  private void answerMany() throws StorageException {
    for (int i = 0; i < ANSWERED; i++) {
      assertArrayEquals(store.expect(id, i, 100), read(i));
    }
  }

  /** Reads 100 bytes, and comes out of it uninterrupted. */
  private byte[] read(long offset) throws StorageException {
    ByteBuffer target = ByteBuffer.allocateDirect(100);
    transport.read(id, ByteRange.of(offset, 100), new ByteBuffer[] {target}, ReadProgress.NONE);
    assertFalse(Thread.currentThread().isInterrupted());
    byte[] bytes = new byte[100];
    target.flip().get(bytes);
    return bytes;
  }
}
