// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import static io.sluicefs.kernel.read.ReadStack.KIB;
import static io.sluicefs.kernel.read.ReadStack.MIB;
import static io.sluicefs.kernel.read.ReadStack.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.fuse.ReadReply;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ReadSessionTest {
  private static final Map<String, String> SMALL_CHUNKS = Map.of("chunk-size", "1MiB");

  @Test
  void whatIsThereIsReadWithoutWaiting() throws Exception {
    ReadReply reply = new ReadReply();
    try (ReadStack stack = new ReadStack(16 * MIB, SMALL_CHUNKS)) {
      ObjectId id = stack.store.add("model", "1", 8 * MIB);
      try (ReadSession session = stack.open(id, 8 * MIB)) {
        assertFalse(session.readIfPresent(0, 200 * KIB, reply));
        assertEquals(0, reply.count());
        assertEquals(0, stack.store.requests());
        stack.check(session, 0, 200 * KIB);
        assertTrue(session.readIfPresent(0, 200 * KIB, reply));
        assertEquals(2, reply.count());
        assertEquals(200 * KIB, reply.length());
        reply.close();
        assertTrue(session.readIfPresent(8 * MIB, 10, reply));
        assertEquals(0, reply.length());
      }
    }
  }

  @Test
  void aRunOfMissingBlocksIsOneRequest() throws Exception {
    try (ReadStack stack = new ReadStack(16 * MIB, SMALL_CHUNKS)) {
      ObjectId id = stack.store.add("model", "1", 64 * MIB);
      try (ReadSession session = stack.open(id, 64 * MIB)) {
        stack.check(session, 5 * MIB, MIB);
      }
      assertEquals(ByteRange.of(5 * MIB, MIB), stack.store.reads().getFirst());
      assertEquals(1, stack.store.requests());
    }
  }

  @Test
  void readAheadNeverTakesMoreThanItsBudget() throws Exception {
    try (ReadStack stack =
        new ReadStack(8 * MIB, Map.of("chunk-size", "1MiB", "chunks", "unlimited"))) {
      ObjectId id = stack.store.add("model", "1", 64 * MIB);
      stack.store.hold();
      CompletableFuture<Void> reader = new CompletableFuture<>();
      Thread.ofVirtual()
          .start(
              () -> {
                try (ReadSession session = stack.open(id, 64 * MIB)) {
                  stack.checkInOrder(session, 0, 64 * MIB, 128 * KIB);
                } catch (StorageException | RuntimeException | Error e) {
                  reader.completeExceptionally(e);
                }
                reader.complete(null);
              });
      await(() -> stack.store.atOnce() >= 6);
      long asked = stack.store.reads().stream().mapToLong(ByteRange::length).sum();
      assertTrue(asked <= 6 * MIB + 128 * KIB, () -> asked + " bytes of 8 MiB asked for");
      stack.store.open();
      reader.join();
      assertTrue(stack.memory.reserved() <= stack.memory.limit());
      assertEquals(64 * MIB, stack.store.bytes());
    }
  }

  @Test
  void aReaderLoadsItselfWhatReadAheadHasNotStarted() throws Exception {
    Map<String, String> settings =
        Map.of(
            "chunk-size", "1MiB", "chunks", "unlimited", "requests", "2", "requests-per-file", "2");
    try (ReadStack stack = new ReadStack(32 * MIB, settings)) {
      ObjectId id = stack.store.add("model", "1", 16 * MIB);
      try (ReadSession one = stack.open(id, 16 * MIB);
          ReadSession other = stack.open(id, 16 * MIB)) {
        stack.check(one, 0, 64 * KIB);
        stack.store.hold();
        Thread ahead = Thread.ofVirtual().start(() -> readQuietly(one, 64 * KIB, 128 * KIB));
        await(() -> stack.store.atOnce() == 3);
        Thread demand = Thread.ofVirtual().start(() -> readQuietly(other, 12 * MIB, 128 * KIB));
        await(() -> stack.store.atOnce() == 4);
        assertEquals(ByteRange.of(12 * MIB, 128 * KIB), stack.store.reads().getLast());
        stack.store.open();
        ahead.join();
        demand.join();
        stack.checkInOrder(one, 192 * KIB, 16 * MIB, 128 * KIB);
      }
      assertEquals(16 * MIB, stack.store.bytes());
    }
  }

  @Test
  void whatAReaderWaitsForAtTheStartOfALongRunComesInSeveralRequests() throws Exception {
    try (ReadStack stack = new ReadStack(32 * MIB, Map.of())) {
      ObjectId id = stack.store.add("model", "1", 64 * MIB);
      try (ReadSession session = stack.open(id, 64 * MIB)) {
        stack.store.hold();
        Thread reader = Thread.ofVirtual().start(() -> readQuietly(session, 0, MIB));
        Set<ByteRange> parts = new HashSet<>();
        for (int part = 0; part < 4; part++) {
          parts.add(ByteRange.of(part * 256L * KIB, 256 * KIB));
        }
        await(() -> stack.store.reads().containsAll(parts));
        stack.store.open();
        reader.join();
        stack.checkInOrder(session, MIB, 64 * MIB, MIB);
      }
      assertEquals(64 * MIB, stack.store.bytes());
    }
  }

  @Test
  void closingASessionCancelsItsReadAhead() throws Exception {
    try (ReadStack stack = new ReadStack(32 * MIB, SMALL_CHUNKS)) {
      ObjectId id = stack.store.add("model", "1", 16 * MIB);
      try (ReadSession session = stack.open(id, 16 * MIB)) {
        stack.check(session, 0, 64 * KIB);
        stack.store.hold();
        Thread reader = Thread.ofVirtual().start(() -> readQuietly(session, 64 * KIB, 128 * KIB));
        await(() -> stack.store.atOnce() == 2);
        stack.store.letPass(2);
        reader.join();
        stack.settle();
        Thread next = Thread.ofVirtual().start(() -> readQuietly(session, 896 * KIB, 128 * KIB));
        next.join();
        await(() -> stack.store.atOnce() > 0);
      }
      await(() -> stack.store.atOnce() == 0);
      stack.settle();
      assertTrue(stack.readers.stats().cancelled() > 0);
    }
  }

  @Test
  void readAheadThatAnotherSessionWantsGoesOn() throws Exception {
    try (ReadStack stack = new ReadStack(32 * MIB, SMALL_CHUNKS)) {
      ObjectId id = stack.store.add("model", "1", MIB);
      try (ReadSession other = stack.open(id, MIB)) {
        try (ReadSession session = stack.open(id, MIB)) {
          stack.check(session, 0, 64 * KIB);
          stack.check(other, 0, 64 * KIB);
          stack.store.hold();
          assertTrue(isPresent(session, 64 * KIB));
          assertTrue(isPresent(other, 64 * KIB));
          await(() -> stack.store.atOnce() == 1);
        }
        assertEquals(1, stack.store.atOnce());
        stack.store.open();
        stack.settle();
        assertTrue(isPresent(other, 900 * KIB));
      }
      assertEquals(MIB, stack.store.bytes());
      assertEquals(0, stack.readers.stats().cancelled());
    }
  }

  @Test
  void aStoreThatFailsFailsTheReadAndTheNextOneWorksAfterIt() throws Exception {
    ReadReply reply = new ReadReply();
    try (ReadStack stack = new ReadStack(16 * MIB, SMALL_CHUNKS)) {
      ObjectId id = stack.store.add("model", "1", 16 * MIB);
      try (ReadSession session = stack.open(id, 16 * MIB)) {
        stack.checkInOrder(session, 0, 2 * MIB, 128 * KIB);
        stack.settle();
        stack.store.failAll(Kind.SERVER_ERROR);
        StorageException failure =
            assertThrows(
                StorageException.class,
                () -> {
                  for (int at = 2 * MIB; at < 16 * MIB; at += 128 * KIB) {
                    session.read(at, 128 * KIB, reply);
                    reply.close();
                  }
                });
        assertEquals(Kind.SERVER_ERROR, failure.kind());
        assertEquals(0, reply.count());
        stack.store.recover();
        stack.checkInOrder(session, 2 * MIB, 16 * MIB, 128 * KIB);
      }
    }
  }

  @Test
  void aFailedPrefetchIsSilentAndReadAheadComesBack() throws Exception {
    try (ReadStack stack = new ReadStack(32 * MIB, SMALL_CHUNKS)) {
      ObjectId id = stack.store.add("model", "1", 16 * MIB);
      try (ReadSession session = stack.open(id, 16 * MIB)) {
        stack.check(session, 0, 64 * KIB);
        stack.store.failNext(Kind.ACCESS_DENIED, 0);
        assertTrue(isPresent(session, 64 * KIB));
        stack.settle();
        assertEquals(1, stack.readers.stats().failed());
        stack.checkUnhurried(session, 128 * KIB, 16 * MIB);
        assertTrue(stack.store.requests() <= 26, () -> stack.store.requests() + " requests");
      }
      assertEquals(16 * MIB, stack.store.bytes());
    }
  }

  @Test
  void anOverwrittenObjectIsAnErrorNotMixedBytes() throws Exception {
    try (ReadStack stack = new ReadStack(16 * MIB, SMALL_CHUNKS)) {
      ObjectId id = stack.store.add("model", "1", 16 * MIB);
      try (ReadSession session = stack.open(id, 16 * MIB)) {
        stack.check(session, 0, 4 * KIB);
        ObjectId second = stack.store.add("model", "2", 16 * MIB);
        StorageException failure =
            assertThrows(StorageException.class, () -> ReadStack.read(session, 9 * MIB, 4 * KIB));
        assertEquals(Kind.PRECONDITION_FAILED, failure.kind());
        stack.store.add("model", "2", 16 * MIB);
        try (ReadSession fresh = stack.open(second, 16 * MIB)) {
          stack.check(fresh, 0, 4 * KIB);
        }
      }
    }
  }

  @Test
  void aLookAtTheEndDoesNotDisturbTheStream() throws Exception {
    long size = 32 * MIB;
    try (ReadStack stack = new ReadStack(48 * MIB, SMALL_CHUNKS)) {
      ObjectId id = stack.store.add("model.zip", "1", size);
      try (ReadSession session = stack.open(id, size)) {
        stack.checkInOrder(session, 0, 8 * MIB, 128 * KIB);
        stack.settle();
        int before = stack.store.requests();
        stack.check(session, size - 64 * KIB, 64 * KIB);
        assertEquals(before + 1, stack.store.requests());
        for (int at = 8 * MIB; at < 24 * MIB; at += 128 * KIB) {
          assertTrue(isPresent(session, at), "waits at " + at);
          stack.check(session, at, 128 * KIB);
          stack.settle();
        }
      }
    }
  }

  @Test
  void manyHandlesLeftOpenDoNotSlowTheLastOne() throws Exception {
    int size = 8 * MIB;
    try (ReadStack stack = new ReadStack(16 * MIB, SMALL_CHUNKS)) {
      ReadSession[] sessions = new ReadSession[20];
      for (int i = 0; i < sessions.length; i++) {
        ObjectId id = stack.store.add("part" + i, "1", size);
        sessions[i] = keep(stack, id, size);
        int before = stack.store.requests();
        stack.checkUnhurried(sessions[i], 0, size);
        int requests = stack.store.requests() - before;
        assertTrue(requests <= 12, () -> requests + " requests for 8 chunks");
      }
      assertEquals((long) sessions.length * size, stack.store.bytes());
      for (ReadSession session : sessions) {
        session.close();
        session.close();
      }
    }
  }

  @Test
  void whatOthersReadOfAPlanIsLeftToOtherHandles() throws Exception {
    long size = 40L * MIB;
    Map<String, String> settings = Map.of("chunk-size", "1MiB", "chunks", "unlimited");
    try (ReadStack stack = new ReadStack(64 * MIB, settings)) {
      ObjectId id = stack.store.add("model", "1", size);
      ObjectId other = stack.store.add("other", "1", 4 * size);
      try (ReadSession leading = stack.open(id, size)) {
        stack.checkUnhurried(leading, 0, MIB);
        try (ReadSession following = stack.open(id, size)) {
          stack.checkUnhurried(following, 0, size);
        }
        stack.check(leading, 0, MIB);
        try (ReadSession session = stack.open(other, 4 * size)) {
          stack.checkUnhurried(session, 0, MIB);
          // How the cache is shared is looked at every few milliseconds.
          await(
              () -> {
                readQuietly(session, 0, MIB);
                return stack.store.bytes() - size >= 45 * MIB;
              });
        }
      }
    }
  }

  @Test
  void handlesThatTakePiecesInTurnAreReadAheadTogether() throws Exception {
    assertReadAheadTogether(16, MIB, 128 * MIB, 160 * MIB, 32);
  }

  /** Whoever reads what Linux's page cache has from another process is not seen to read it. */
  @Test
  void handlesOfWhichEachIsSeenToReadLittleOfAFileAreReadAheadTogether() throws Exception {
    assertReadAheadTogether(8, MIB / 2, 128 * MIB, 160 * MIB, 8);
  }

  @Test
  void theyAreReadAheadTogetherInACacheMuchSmallerThanTheFile() throws Exception {
    assertReadAheadTogether(8, 4 * MIB, 384 * MIB, 48 * MIB, 24);
  }

  /** Reads a file in pieces, and each run of them through one of the handles. */
  private void assertReadAheadTogether(int handles, int run, int size, int memory, int mostWaited)
      throws Exception {
    int piece = MIB / 2;
    ReadSession[] sessions = new ReadSession[handles];
    Random random = new Random(3);
    try (ReadStack stack = new ReadStack(memory, SMALL_CHUNKS)) {
      ObjectId id = stack.store.add("model", "1", size);
      for (int i = 0; i < sessions.length; i++) {
        sessions[i] = keep(stack, id, size);
      }
      int waited = 0;
      ReadSession session = sessions[0];
      for (int at = 0; at < size; at += piece) {
        if (at % run == 0) {
          session = sessions[random.nextInt(sessions.length)];
        }
        long start = at;
        boolean wasAskedFor =
            stack.store.reads().stream()
                .anyMatch(range -> range.start() <= start && start < range.end());
        waited += wasAskedFor ? 0 : 1;
        stack.check(session, at, piece);
        stack.settle();
      }
      assertEquals(size, stack.store.bytes());
      int reads = waited;
      assertTrue(
          reads <= mostWaited, () -> reads + " of " + size / piece + " pieces were waited for");
      for (ReadSession open : sessions) {
        open.close();
      }
    }
  }

  @Test
  void whatAReaderLeavesBehindByAJumpIsCancelled() throws Exception {
    long size = 2048L * MIB;
    Map<String, String> settings = Map.of("requests-per-file", "4");
    try (ReadStack stack = new ReadStack(256 * MIB, settings)) {
      ObjectId id = stack.store.add("model", "1", size);
      try (ReadSession session = stack.open(id, size)) {
        for (long at = 0; at < 96 * MIB; at += MIB) {
          stack.check(session, at, MIB);
          stack.settle();
        }
        stack.store.hold();
        assertTrue(isPresent(session, 96 * MIB));
        await(() -> stack.store.atOnce() == 1);
        for (int i = 0; i < 30; i++) {
          stack.check(session, i * 7 % 40 * (1536L * KIB), 4 * KIB);
        }
        assertEquals(0, stack.readers.stats().cancelled(), "it may come back");
        for (int i = 30; stack.store.atOnce() > 0; i++) {
          stack.check(session, i * 7 % 40 * (1536L * KIB), 4 * KIB);
        }
        stack.settle();
        assertEquals(1, stack.readers.stats().cancelled());
        stack.store.open();
        stack.check(session, 96 * MIB + 64 * KIB, MIB);
      }
    }
  }

  @Test
  void readsThatTogetherNeedMoreThanTheCacheHoldsDoNotWaitForEachOther() throws Exception {
    int size = 32 * MIB;
    try (ReadStack stack = new ReadStack(2 * MIB, SMALL_CHUNKS);
        ExecutorService threads = Executors.newFixedThreadPool(6)) {
      ObjectId id = stack.store.add("model", "1", size);
      try (ReadSession session = stack.open(id, size)) {
        List<Future<?>> results = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
          Random random = new Random(i);
          results.add(
              threads.submit(
                  () -> {
                    for (int round = 0; round < 50; round++) {
                      stack.check(session, random.nextInt(size), MIB);
                    }
                    return null;
                  }));
        }
        for (Future<?> result : results) {
          result.get();
        }
        StorageException tooLong =
            assertThrows(StorageException.class, () -> ReadStack.read(session, 0, 3 * MIB));
        assertEquals(Kind.INVALID_REQUEST, tooLong.kind());
      }
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // the test closes all of them at its end
  private static ReadSession keep(ReadStack stack, ObjectId id, long size) {
    return stack.open(id, size);
  }

  private static boolean isPresent(ReadSession session, long offset) throws StorageException {
    try (ReadReply reply = new ReadReply()) {
      return session.readIfPresent(offset, 64 * KIB, reply);
    }
  }

  private static void readQuietly(ReadSession session, long offset, int length) {
    try (ReadReply reply = new ReadReply()) {
      session.read(offset, length, reply);
    } catch (StorageException e) {
      throw new AssertionError(e);
    }
  }
}
