// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import static io.sluicefs.kernel.read.ReadStack.KIB;
import static io.sluicefs.kernel.read.ReadStack.MIB;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ObjectId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** That no byte leaves the store twice, and none that nobody wants. */
@Timeout(120)
class DownloadedBytesTest {
  private static final int READERS = 8;

  /** What one of several readers does. */
  private interface Work {
    void run(int reader, ReadSession session) throws Exception;
  }

  @Test
  void aFileReadInOrderIsDownloadedOnceInChunks() throws Exception {
    long size = 64 * MIB;
    try (ReadStack stack = new ReadStack(16 * MIB, Map.of("chunk-size", "1MiB"))) {
      ObjectId id = stack.store.add("model", "1", size);
      try (ReadSession session = stack.open(id, size)) {
        stack.checkUnhurried(session, 0, size);
      }
      assertEquals(size, stack.store.bytes());
      assertTrue(
          stack.store.requests() <= 72, () -> stack.store.requests() + " requests for 64 chunks");
    }
  }

  @Test
  void theSameWithRequestsOfOneMebibyteAndAnOddSize() throws Exception {
    long size = 40 * MIB + 12_345;
    try (ReadStack stack = new ReadStack(16 * MIB, Map.of())) {
      ObjectId id = stack.store.add("model", "1", size);
      try (ReadSession session = stack.open(id, size)) {
        stack.checkInOrder(session, 0, size, MIB);
      }
      assertEquals(size, stack.store.bytes());
    }
  }

  @Test
  void randomReadsDownloadLittleMoreThanTheirPages() throws Exception {
    long size = 4096L * MIB;
    try (ReadStack stack = new ReadStack(16 * MIB, Map.of())) {
      ObjectId id = stack.store.add("model", "1", size);
      Random random = new Random(7);
      try (ReadSession session = stack.open(id, size)) {
        for (int i = 0; i < 200; i++) {
          stack.check(session, 4096 * random.nextLong(size / 4096), 4096);
        }
        stack.settle();
      }
      assertTrue(stack.store.bytes() <= 200L * 20 * KIB, () -> stack.store.bytes() + " bytes");
    }
  }

  @Test
  void aSecondReadNearARandomOneBringsItsBlock() throws Exception {
    long size = 64 * MIB;
    try (ReadStack stack = new ReadStack(16 * MIB, Map.of())) {
      ObjectId id = stack.store.add("model", "1", size);
      try (ReadSession session = stack.open(id, size)) {
        stack.check(session, 33 * MIB + 8 * KIB, 4 * KIB);
        assertEquals(16 * KIB, stack.store.bytes());
        stack.check(session, 33 * MIB + 60 * KIB, 4 * KIB);
        assertEquals((16 + 128) * KIB, stack.store.bytes());
        stack.check(session, 33 * MIB + 100 * KIB, 4 * KIB);
        stack.check(session, 33 * MIB, 4 * KIB);
        assertEquals((16 + 128) * KIB, stack.store.bytes(), "the cache has it");
      }
    }
  }

  @Test
  void piecesInRandomOrderAreDownloadedOnceAndComeThroughManyConnections() throws Exception {
    int piece = 16 * MIB;
    int size = 16 * piece;
    try (ReadStack stack = new ReadStack(size / 2, Map.of())) {
      ObjectId id = stack.store.add("model", "1", size);
      try (ReadSession session = stack.open(id, size)) {
        for (int number : shuffled(size / piece)) {
          stack.checkInOrder(session, (long) number * piece, (long) (number + 1) * piece, MIB);
        }
        stack.settle();
      }
      double ratio = (double) stack.store.bytes() / size;
      assertTrue(ratio <= 1.10, () -> "downloaded " + ratio + " times");
      long wide = stack.store.reads().stream().filter(range -> range.length() > MIB).count();
      assertTrue(
          wide <= stack.store.requests() / 8,
          () -> wide + " of " + stack.store.requests() + " requests are longer than 1 MiB");
    }
  }

  @Test
  void aReaderOfPiecesInRandomOrderWhoStopsCostsAtMostAsMuchAgain() throws Exception {
    int piece = 4 * MIB;
    int size = 64 * piece;
    int read = 20 * piece;
    try (ReadStack stack = new ReadStack(size / 2, Map.of())) {
      ObjectId id = stack.store.add("model", "1", size);
      try (ReadSession session = stack.open(id, size)) {
        for (int number : shuffled(size / piece).subList(0, read / piece)) {
          stack.checkInOrder(session, (long) number * piece, (long) (number + 1) * piece, MIB);
        }
        stack.settle();
      }
      long bytes = stack.store.bytes();
      assertTrue(bytes > read + piece, () -> bytes + " bytes: nothing was read ahead of it");
      assertTrue(bytes <= 2L * read, () -> bytes + " bytes");
    }
  }

  @Test
  void threadsOfOneHandleAtDifferentPlacesShareACacheOfAQuarter() throws Exception {
    int share = 8 * MIB;
    long size = (long) READERS * share;
    CyclicBarrier barrier = new CyclicBarrier(READERS);
    try (ReadStack stack = new ReadStack(size / 4, Map.of("chunk-size", "1MiB"))) {
      ObjectId id = stack.store.add("model", "1", size);
      try (ReadSession session = stack.open(id, size);
          ExecutorService threads = Executors.newFixedThreadPool(READERS)) {
        List<Future<?>> results = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
          long start = (long) i * share;
          results.add(
              threads.submit(
                  () -> {
                    for (long at = start; at < start + share; at += MIB) {
                      barrier.await();
                      stack.checkInOrder(session, at, at + MIB, 128 * KIB);
                    }
                    return null;
                  }));
        }
        for (Future<?> result : results) {
          result.get();
        }
        stack.settle();
      }
      double ratio = (double) stack.store.bytes() / size;
      assertTrue(ratio <= 1.05, () -> "downloaded " + ratio + " times, " + stack.readers.stats());
    }
  }

  @Test
  void readersOfOneFileShareItsBytes() throws Exception {
    int size = 32 * MIB;
    try (ReadStack stack = new ReadStack(48 * MIB, Map.of("chunk-size", "1MiB"))) {
      ObjectId id = stack.store.add("model", "1", size);
      readAtOnce(
          stack, id, size, (reader, session) -> stack.checkInOrder(session, 0, size, 128 * KIB));
      assertEquals(size, stack.store.bytes());
    }
  }

  @Test
  void readersSideBySideShareTheBytesOfAFileLargerThanTheCache() throws Exception {
    int size = 64 * MIB;
    CyclicBarrier barrier = new CyclicBarrier(READERS);
    try (ReadStack stack = new ReadStack(16 * MIB, Map.of("chunk-size", "1MiB"))) {
      ObjectId id = stack.store.add("model", "1", size);
      readAtOnce(
          stack,
          id,
          size,
          (reader, session) -> {
            for (int at = 0; at < size; at += MIB) {
              barrier.await();
              stack.checkInOrder(session, at, at + MIB, 128 * KIB);
            }
          });
      assertEquals(size, stack.store.bytes());
    }
  }

  @Test
  void slicesOfEightReadersAreDownloadedOnceThroughACacheOfAQuarter() throws Exception {
    int slice = 4 * MIB + 12 * KIB;
    int tensors = 8;
    int size = tensors * READERS * slice;
    try (ReadStack stack = new ReadStack(size / 4, Map.of("chunk-size", "1MiB"))) {
      ObjectId id = stack.store.add("model", "1", size);
      readAtOnce(
          stack,
          id,
          size,
          (reader, session) -> {
            for (int tensor : shuffled(tensors)) {
              long start = (tensor * (long) READERS + reader) * slice;
              stack.checkInOrder(session, start, start + slice, 128 * KIB);
            }
          });
      stack.settle();
      double ratio = (double) stack.store.bytes() / size;
      assertTrue(ratio <= 1.05, () -> "downloaded " + ratio + " times, " + stack.readers.stats());
    }
  }

  @Test
  void aSecondPassIsReadAheadLikeTheFirst() throws Exception {
    int size = 32 * MIB;
    try (ReadStack stack = new ReadStack(8 * MIB, Map.of("chunk-size", "1MiB"))) {
      ObjectId id = stack.store.add("model", "1", size);
      try (ReadSession session = stack.open(id, size)) {
        stack.checkUnhurried(session, 0, size);
        int first = stack.store.requests();
        stack.checkUnhurried(session, 0, size);
        int second = stack.store.requests() - first;
        assertTrue(second <= first + 4, () -> first + " requests, then " + second);
      }
      assertTrue(stack.store.bytes() <= 2L * size, () -> stack.store.bytes() + " bytes");
    }
  }

  private static List<Integer> shuffled(int count) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      order.add(i);
    }
    Collections.shuffle(order, new Random(11));
    return order;
  }

  private static void readAtOnce(ReadStack stack, ObjectId id, long size, Work work)
      throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(READERS)) {
      List<Future<?>> results = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        int reader = i;
        results.add(
            threads.submit(
                () -> {
                  try (ReadSession session = stack.open(id, size)) {
                    work.run(reader, session);
                  }
                  return null;
                }));
      }
      for (Future<?> result : results) {
        result.get();
      }
    }
  }
}
