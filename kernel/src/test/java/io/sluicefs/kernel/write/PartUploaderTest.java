// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.MemoryBudget.Use;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.transport.MemoryTransport;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import io.sluicefs.spi.transport.PutOptions;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
@SuppressWarnings("MustBeClosedChecker") // closed after each test
class PartUploaderTest {
  private final MemoryTransport bucket = new MemoryTransport();
  private final LeakCheckedMemory budget = new LeakCheckedMemory(16 << 20);
  private final WriteMemory memory = new WriteMemory(budget, 0);
  private PartUploader uploader;

  @BeforeEach
  void start() throws Exception {
    uploader = uploader(4);
  }

  private PartUploader uploader(int most) throws Exception {
    return new PartUploader(
        bucket.startMultipartUpload("a", PutOptions.REPLACE), memory, new Semaphore(2), most);
  }

  @AfterEach
  void close() throws Exception {
    uploader.close();
    memory.close();
    budget.close();
    assertEquals(0, bucket.pendingUploads());
  }

  /** Sends a text, which the uploader alone holds. */
  private void submit(int number, String text) throws Exception {
    PartBuffer buffer = new PartBuffer(memory, 0);
    buffer.adopt(Objects.requireNonNull(memory.tryTake(Piece.SMALL, Use.WRITE)));
    buffer.put(0, MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8)));
    uploader.submit(number, buffer);
  }

  private String stored() {
    return new String(bucket.content("a"), StandardCharsets.UTF_8);
  }

  private void failOnce() {
    AtomicInteger failures = new AtomicInteger();
    bucket.setGate(
        (operation, key) -> {
          if (operation == Operation.UPLOAD_PART && failures.getAndIncrement() == 0) {
            throw new StorageException(Kind.SERVER_ERROR, "the test fails a part");
          }
        });
  }

  @Test
  void partsAreInTheOrderOfTheirNumbersWheneverTheyAreSent() throws Exception {
    submit(7, "c");
    submit(1, "a");
    submit(3, "b");
    uploader.complete();
    assertEquals("abc", stored());
  }

  @Test
  void aMissingPartNeverCompletes() throws Exception {
    submit(1, "a");
    uploader.await();
    failOnce();
    submit(2, "b");
    assertThrows(StorageException.class, uploader::await);
    assertTrue(uploader.hasFailed());
    assertThrows(StorageException.class, uploader::complete);
    assertEquals(0, bucket.count(Operation.COMPLETE_UPLOAD));
    assertEquals(0, bucket.keys().size());
  }

  @Test
  void whatFailedIsSentAgainAndNothingElse() throws Exception {
    submit(1, "a");
    uploader.await();
    failOnce();
    submit(2, "b");
    assertThrows(StorageException.class, uploader::await);
    uploader.restart(Set.of(1, 2));
    uploader.complete();
    assertEquals("ab", stored());
    assertEquals(3, bucket.count(Operation.UPLOAD_PART));
    assertFalse(uploader.hasFailed());
  }

  @Test
  void whatFailsAgainCanStillBeSentAThirdTime() throws Exception {
    bucket.fail(Operation.UPLOAD_PART, Kind.TIMEOUT);
    submit(1, "a");
    assertThrows(StorageException.class, uploader::await);
    uploader.restart(Set.of(1));
    StorageException again = assertThrows(StorageException.class, uploader::await);
    assertEquals(Kind.TIMEOUT, again.kind());
    bucket.openGate();
    uploader.restart(Set.of(1));
    uploader.complete();
    assertEquals("a", stored());
  }

  @Test
  void theFirstFailureIsTheOneReported() throws Exception {
    AtomicInteger failures = new AtomicInteger();
    bucket.setGate(
        (operation, key) -> {
          if (operation == Operation.UPLOAD_PART) {
            throw new StorageException(
                failures.getAndIncrement() == 0 ? Kind.ACCESS_DENIED : Kind.THROTTLED, "test");
          }
        });
    submit(1, "a");
    assertThrows(StorageException.class, uploader::await);
    StorageException reported = assertThrows(StorageException.class, () -> submit(2, "b"));
    assertEquals(Kind.ACCESS_DENIED, reported.kind());
    assertEquals(1, bucket.count(Operation.UPLOAD_PART));
  }

  @Test
  void aPartForgottenWhileItIsUnderWayIsNotInTheObject() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch open = new CountDownLatch(1);
    submit(1, "a");
    uploader.await();
    hold(arrived, open, false);
    submit(2, "cut away");
    arrived.await();
    uploader.forget(2);
    open.countDown();
    uploader.complete();
    assertEquals("a", stored());
  }

  @Test
  void aPartForgottenWhileItFailsIsNotSentAgain() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch open = new CountDownLatch(1);
    submit(1, "a");
    uploader.await();
    hold(arrived, open, true);
    submit(2, "cut away");
    arrived.await();
    uploader.forget(2);
    open.countDown();
    uploader.restart(Set.of(1));
    uploader.complete();
    assertEquals("a", stored());
    assertEquals(2, bucket.count(Operation.UPLOAD_PART));
  }

  private void hold(CountDownLatch arrived, CountDownLatch open, boolean fails) {
    bucket.setGate(
        (operation, key) -> {
          if (operation == Operation.UPLOAD_PART) {
            arrived.countDown();
            open.await();
            if (fails) {
              throw new StorageException(Kind.SERVER_ERROR, "the test fails a part");
            }
          }
        });
  }

  @Test
  void aPartIsReplacedOnlyWhenTheOneBeforeCannotArriveAnyMore() throws Exception {
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch open = new CountDownLatch(1);
    hold(arrived, open, false);
    submit(1, "old");
    arrived.await();
    Thread second =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    submit(1, "new");
                  } catch (Exception e) {
                    throw new AssertionError(e);
                  }
                });
    while (second.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    assertEquals(1, bucket.count(Operation.UPLOAD_PART));
    open.countDown();
    second.join();
    uploader.complete();
    assertEquals("new", stored());
  }

  @Test
  void noMoreThanTheLimitAreUnderWay() throws Exception {
    uploader.close();
    uploader = uploader(1);
    AtomicInteger now = new AtomicInteger();
    AtomicInteger peak = new AtomicInteger();
    bucket.setGate(
        (operation, key) -> {
          if (operation == Operation.UPLOAD_PART) {
            peak.accumulateAndGet(now.incrementAndGet(), Math::max);
            Thread.onSpinWait();
            now.decrementAndGet();
          }
        });
    for (int i = 1; i <= 20; i++) {
      submit(i, "part " + i);
    }
    uploader.complete();
    assertEquals(1, peak.get());
  }

  @Test
  void closingCancelsWhatIsUnderWayAndFreesWhatWaits() throws Exception {
    CountDownLatch arrived = new CountDownLatch(2);
    CountDownLatch open = new CountDownLatch(1);
    hold(arrived, open, false);
    // Two are under way, two wait for a permit.
    for (int i = 1; i <= 4; i++) {
      submit(i, "part " + i);
    }
    arrived.await();
    uploader.close();
    assertEquals(0, bucket.pendingUploads());
    assertEquals(0, bucket.keys().size());
  }
}
