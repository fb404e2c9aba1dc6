// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.integrity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.testkit.read.PatternTransport;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class VerifyingTransportTest {
  private static final int SIZE = 1 << 20;

  private final PatternTransport store = new PatternTransport();
  private final ObjectId id = store.add("model", "1", SIZE);
  private final ChangedBits way = new ChangedBits(store);
  private final IntegrityCounters counters = new IntegrityCounters();
  private final VerifyingTransport transport = new VerifyingTransport(way, counters);
  private final List<ObjectId> mistrusted = new ArrayList<>();
  private final Random random = new Random(Long.getLong("sluice.seed", System.nanoTime()));

  @BeforeEach
  void keepTheChecksum() {
    way.keep(id, store.expect(id, 0, SIZE));
    transport.tell((object, size) -> mistrusted.add(object));
  }

  @AfterEach
  void close() {
    transport.close();
  }

  @Test
  void anObjectThatIsReadInOrderIsCompared() throws Exception {
    for (int start = 0; start < SIZE; start += SIZE / 4) {
      assertEquals(0, counters.verified());
      read(start, start + SIZE / 4);
    }
    assertEquals(1, counters.verified());
    assertEquals(1, way.questions());
  }

  @RepeatedTest(20)
  void itIsComparedHoweverItWasRead() throws Exception {
    readByManyInAnyOrder();
    assertEquals(1, counters.verified());
    assertEquals(0, counters.different());
  }

  @RepeatedTest(20)
  void aBitThatChangedFailsOneReadHoweverItWasRead() throws Exception {
    way.change(random.nextInt(SIZE));
    assertEquals(1, readByManyInAnyOrder());
    assertEquals(1, counters.different());
    assertEquals(0, counters.verified());
    assertEquals(List.of(id), mistrusted);
  }

  @Test
  void whoCompletesAnObjectThatIsNotTheStoresHearsOfAnErrorAndNotOfAllBytes() throws Exception {
    way.change(5);
    read(0, SIZE / 2);
    List<Long> announced = new ArrayList<>();
    ByteBuffer target = ByteBuffer.allocateDirect(SIZE / 2);
    StorageException failure =
        assertThrows(
            StorageException.class,
            () ->
                transport.read(
                    id, new ByteRange(SIZE / 2, SIZE), new ByteBuffer[] {target}, announced::add));
    assertEquals(Kind.CORRUPT, failure.kind());
    assertTrue(String.valueOf(failure.getMessage()).contains("model"), failure.getMessage());
    assertTrue(announced.getLast() < SIZE / 2, announced::toString);
  }

  @Test
  void whatWasReadAnewIsCompared() throws Exception {
    way.change(5);
    assertThrows(StorageException.class, () -> read(0, SIZE));
    way.change(-1);
    assertArrayEquals(store.expect(id, 0, SIZE), read(0, SIZE));
    assertEquals(1, counters.verified());
  }

  @Test
  void whatWasComparedIsReadWithoutAQuestion() throws Exception {
    read(0, SIZE);
    read(0, SIZE);
    assertEquals(1, way.questions());
    assertEquals(1, counters.verified());
  }

  @Test
  void ofAReadThatFailsWhatCameBeforeCounts() throws Exception {
    store.failNext(Kind.SERVER_ERROR, SIZE / 4);
    assertThrows(StorageException.class, () -> read(0, SIZE));
    read(SIZE / 4, SIZE);
    assertEquals(1, counters.verified());
  }

  @Test
  void anObjectWithoutAChecksumIsReadAndCounted() throws Exception {
    ObjectId other = store.add("other", "1", SIZE);
    ByteBuffer target = ByteBuffer.allocateDirect(SIZE);
    transport.read(other, new ByteRange(0, SIZE), new ByteBuffer[] {target}, bytes -> {});
    assertEquals(1, counters.unknown());
    assertEquals(0, counters.verified());
  }

  @Test
  void readingHereAndThereDoesNotKeepALaterPassFromBeingCompared() throws Exception {
    for (int start = 0; start < SIZE; start += 512) {
      read(start, start + 1);
    }
    for (int start = 0; start < SIZE; start += SIZE / 8) {
      read(start, start + SIZE / 8);
    }
    assertEquals(1, counters.verified());
  }

  /** Reads every byte, some twice; returns how many reads failed. */
  private int readByManyInAnyOrder() throws Exception {
    List<ByteRange> ranges = new ArrayList<>();
    for (int start = 0; start < SIZE; ) {
      int end = Math.min(SIZE, start + 1 + random.nextInt(SIZE / 10));
      ranges.add(new ByteRange(Math.max(0, start - random.nextInt(1000)), end));
      start = end;
    }
    Collections.shuffle(ranges, random);
    AtomicInteger failed = new AtomicInteger();
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<?>> reads = new ArrayList<>();
      for (ByteRange range : ranges) {
        reads.add(
            threads.submit(
                () -> {
                  try {
                    read((int) range.start(), (int) range.end());
                  } catch (StorageException e) {
                    failed.incrementAndGet();
                  }
                }));
      }
      for (Future<?> read : reads) {
        read.get();
      }
    }
    return failed.get();
  }

  private byte[] read(int start, int end) throws StorageException {
    ByteBuffer target = ByteBuffer.allocateDirect(end - start);
    transport.read(id, new ByteRange(start, end), new ByteBuffer[] {target}, bytes -> {});
    byte[] read = new byte[end - start];
    target.flip().get(read);
    return read;
  }
}
