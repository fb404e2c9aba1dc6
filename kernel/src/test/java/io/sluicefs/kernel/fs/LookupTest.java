// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import static io.sluicefs.kernel.fs.Fixture.CALLER;
import static io.sluicefs.kernel.fs.Fixture.OPTIONS;
import static io.sluicefs.kernel.fs.Fixture.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.fuse.Attributes;
import io.sluicefs.spi.fuse.Entry;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LookupTest {
  private static final long ROOT = FuseOperations.ROOT;
  private static final Duration TTL = Duration.ofSeconds(60);

  private Fixture mount = new Fixture();

  @AfterEach
  void close() {
    mount.close();
  }

  private void mountWithNegativeTtl(Duration ttl) {
    mount.close();
    mount = new Fixture("", OPTIONS.withTtls(TTL, ttl));
  }

  @Test
  void aFileCostsOneListAndNoHead() throws Exception {
    Instant modified = Instant.parse("2025-06-07T08:09:10.123Z");
    mount.bucket.put("model.gguf", new byte[12345], modified);
    Attributes attributes = mount.lookup(ROOT, "model.gguf").attributes();
    assertEquals(Attributes.REGULAR | 0644, attributes.mode());
    assertEquals(12345, attributes.size());
    assertEquals(modified, attributes.modified());
    assertEquals(OPTIONS.owner().uid(), attributes.uid());
    assertEquals(1, mount.lists());
    assertEquals(1, mount.requests());
  }

  @Test
  void aDirectoryCostsOneList() throws Exception {
    mount.bucket.put("models/llama/config.json", "{}");
    Attributes attributes = mount.lookup(ROOT, "models").attributes();
    assertEquals(Attributes.DIRECTORY | 0755, attributes.mode());
    assertEquals(1, mount.requests());
  }

  @Test
  void aMissingNameCostsOneRequest() {
    mount.bucket.put("model-00001.safetensors", "x");
    assertErrno(Errno.ENOENT, () -> mount.fs.lookup(CALLER, ROOT, "model"));
    assertEquals(1, mount.requests());
    assertErrno(Errno.ENOENT, () -> mount.fs.lookup(CALLER, ROOT, "model"));
    assertEquals(2, mount.requests());
  }

  @Test
  void aDirectoryBehindMoreThanAPageOfNamesThatStartWithItCostsTwoRequests() throws Exception {
    for (int i = 0; i < 1500; i++) {
      mount.bucket.put("model-%05d".formatted(i), "");
    }
    mount.bucket.put("model/config.json", "{}");
    assertTrue(mount.lookup(ROOT, "model").attributes().isDirectory());
    assertEquals(2, mount.requests());
    mount.bucket.remove("model/config.json");
    mount.pass(TTL);
    mount.bucket.resetCounts();
    assertErrno(Errno.ENOENT, () -> mount.fs.lookup(CALLER, ROOT, "model"));
    assertEquals(2, mount.requests());
  }

  private void putShards(int count) {
    for (int i = 0; i < count; i++) {
      mount.bucket.put("model-%05d".formatted(i), "x".repeat(i % 7 + 1));
    }
  }

  private void lookUpShards(int from, int to) throws Exception {
    for (int i = from; i < to; i++) {
      assertEquals(i % 7 + 1, mount.lookup(ROOT, "model-%05d".formatted(i)).attributes().size());
    }
  }

  @Test
  void namesLookedUpOneByOneAreListedAfterAFew() throws Exception {
    putShards(300);
    lookUpShards(0, 300);
    assertEquals(4, mount.requests());
    assertEquals(4, mount.lists());
    mount.pass(TTL);
    mount.bucket.resetCounts();
    lookUpShards(0, 300);
    assertEquals(4, mount.requests());
  }

  @Test
  void whileAPageIsUnderWayOtherLookupsNeitherWaitForItNorAskForIt() throws Exception {
    putShards(100);
    lookUpShards(0, 3);
    CountDownLatch arrived = new CountDownLatch(1);
    CountDownLatch pass = new CountDownLatch(1);
    mount.bucket.setGate(
        (operation, key) -> {
          if (operation == Operation.LIST && key.isEmpty()) {
            arrived.countDown();
            pass.await();
          }
        });
    FutureTask<Long> listed =
        new FutureTask<>(() -> mount.lookup(ROOT, "model-00003").attributes().size());
    Thread.ofVirtual().start(listed);
    arrived.await();
    lookUpShards(4, 40);
    pass.countDown();
    assertEquals(4, listed.get());
    lookUpShards(40, 100);
    assertEquals(3 + 1 + 36, mount.requests());
  }

  @Test
  void aDirectoryTooLargeToBeListedForItsLookupsCostsTenPagesAtMost() throws Exception {
    putShards(12_000);
    lookUpShards(11_800, 12_000);
    assertEquals(200 + 10, mount.requests());
    mount.bucket.resetCounts();
    // The last may still turn out to be a directory.
    lookUpShards(0, 9_999);
    assertEquals(0, mount.requests());
  }

  @Test
  void aListingMadeForLookupsVouchesForNoAbsence() throws Exception {
    putShards(10);
    lookUpShards(0, 10);
    mount.bucket.resetCounts();
    assertErrno(Errno.ENOENT, () -> mount.fs.lookup(CALLER, ROOT, "done"));
    mount.bucket.put("done", "yes");
    assertEquals(3, mount.lookup(ROOT, "done").attributes().size());
    assertEquals(2, mount.requests());
  }

  @Test
  void absentNamesDoNotMakeTheirDirectoryBeListed() throws Exception {
    putShards(10);
    for (int i = 0; i < 20; i++) {
      assertErrno(Errno.ENOENT, () -> mount.fs.lookup(CALLER, ROOT, "done"));
    }
    lookUpShards(0, 1);
    lookUpShards(9, 10);
    assertEquals(20 + 2, mount.requests());
  }

  @Test
  void withoutTimeToLiveEveryLookupAsks() throws Exception {
    mount.close();
    mount = new Fixture("", OPTIONS.withTtls(Duration.ZERO, Duration.ZERO));
    putShards(10);
    lookUpShards(0, 10);
    assertEquals(10, mount.requests());
  }

  @Test
  void aPageThatCannotBeHadIsNoFailureOfTheLookup() throws Exception {
    putShards(10);
    lookUpShards(0, 3);
    mount.bucket.setGate(
        (operation, key) -> {
          if (operation == Operation.LIST && key.isEmpty()) {
            throw new StorageException(Kind.ACCESS_DENIED, "the test lists no directory");
          }
        });
    lookUpShards(3, 10);
    assertEquals(10 + 3, mount.requests());
  }

  @Test
  void whatIsKnownIsAnsweredWithoutRequestUntilTheTimeToLiveIsOver() throws Exception {
    mount.bucket.put("a", "one");
    Entry first = mount.lookup(ROOT, "a");
    assertEquals(TTL, first.attributeTtl());
    assertEquals(TTL, first.entryTtl());
    mount.pass(Duration.ofSeconds(59));
    Entry later = mount.lookup(ROOT, "a");
    assertEquals(first.inode(), later.inode());
    assertEquals(first.inode(), mount.fs.getattr(CALLER, first.inode()).inode());
    assertEquals(1, mount.requests());
    mount.pass(Duration.ofSeconds(1));
    assertEquals(first.inode(), mount.lookup(ROOT, "a").inode());
    assertEquals(2, mount.requests());
  }

  @Test
  void theLinuxKernelIsToldWhatRemainsOfTheTimeToLive() throws Exception {
    mount.bucket.put("a", "one");
    mount.lookup(ROOT, "a");
    mount.pass(Duration.ofSeconds(45));
    Entry entry = mount.lookup(ROOT, "a");
    assertEquals(Duration.ofSeconds(15), entry.entryTtl());
    assertEquals(Duration.ofSeconds(15), entry.attributeTtl());
  }

  @Test
  void anObjectThatWasOverwrittenGetsAnotherInodeAfterTheTimeToLive() throws Exception {
    mount.bucket.put("a", "one");
    Entry first = mount.lookup(ROOT, "a");
    mount.bucket.put("a", "three");
    assertEquals(3, mount.lookup(ROOT, "a").attributes().size());
    mount.pass(TTL);
    Entry second = mount.lookup(ROOT, "a");
    assertEquals(5, second.attributes().size());
    assertNotEquals(first.inode(), second.inode());
    assertErrno(Errno.ESTALE, () -> mount.fs.getattr(CALLER, first.inode()));
  }

  @Test
  void anObjectStoredAgainWithTheSameBytesKeepsItsInodeAndGetsTheNewTime() throws Exception {
    mount.bucket.put("a", new byte[3], Instant.parse("2025-01-01T00:00:00Z"));
    Entry first = mount.lookup(ROOT, "a");
    mount.bucket.put("a", new byte[3], Instant.parse("2025-01-02T00:00:00Z"));
    mount.pass(TTL);
    Entry second = mount.lookup(ROOT, "a");
    assertEquals(first.inode(), second.inode());
    assertEquals(Instant.parse("2025-01-02T00:00:00Z"), second.attributes().modified());
  }

  @Test
  void oldAttributesAreRenewedWithOneHead() throws Exception {
    mount.bucket.put("a", "one");
    Entry entry = mount.lookup(ROOT, "a");
    mount.pass(TTL);
    mount.bucket.resetCounts();
    assertEquals(3, mount.fs.getattr(CALLER, entry.inode()).attributes().size());
    assertEquals(1, mount.bucket.count(Operation.HEAD));
    assertEquals(1, mount.requests());
    mount.fs.getattr(CALLER, entry.inode());
    assertEquals(1, mount.requests());
  }

  @Test
  void absenceIsRememberedForTheNegativeTimeToLive() throws Exception {
    mountWithNegativeTtl(Duration.ofSeconds(5));
    assertNull(mount.fs.lookup(CALLER, ROOT, "a"));
    mount.bucket.put("a", "one");
    assertNull(mount.fs.lookup(CALLER, ROOT, "a"));
    assertEquals(1, mount.requests());
    mount.pass(Duration.ofSeconds(5));
    assertEquals(3, mount.lookup(ROOT, "a").attributes().size());
    assertEquals(2, mount.requests());
  }

  @Test
  void withoutNegativeTimeToLiveANewObjectIsSeenAtOnce() throws Exception {
    assertErrno(Errno.ENOENT, () -> mount.fs.lookup(CALLER, ROOT, "a"));
    mount.bucket.put("a", "one");
    assertEquals(3, mount.lookup(ROOT, "a").attributes().size());
  }

  @Test
  void identicalLookupsAtOneTimeAreOneRequest() throws Exception {
    mount.bucket.put("a", "one");
    List<Long> inodes = lookUpConcurrently(16);
    assertEquals(1, inodes.stream().distinct().count());
    assertEquals(1, mount.requests());
    mount.fs.forget(inodes.getFirst(), 16);
  }

  private List<Long> lookUpConcurrently(int threads) throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    mount.bucket.setGate(
        (operation, key) -> {
          asked.countDown();
          go.await();
        });
    List<FutureTask<Long>> tasks = new ArrayList<>();
    List<Thread> running = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      FutureTask<Long> task = new FutureTask<>(() -> mount.lookup(ROOT, "a").inode());
      tasks.add(task);
      running.add(Thread.ofPlatform().start(task));
    }
    asked.await();
    // All but the one whose request is held wait for its answer.
    awaitParked(running);
    go.countDown();
    List<Long> inodes = new ArrayList<>();
    for (FutureTask<Long> task : tasks) {
      inodes.add(task.get());
    }
    mount.bucket.openGate();
    return inodes;
  }

  private static void awaitParked(List<Thread> threads) {
    while (threads.stream().anyMatch(thread -> thread.getState() != Thread.State.WAITING)) {
      Thread.onSpinWait();
    }
  }

  @Test
  void aCallerThatGivesUpGetsEintrAndLeavesTheOthersTheirAnswer() throws Exception {
    mount.bucket.put("a", "one");
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    mount.bucket.setGate(
        (operation, key) -> {
          asked.countDown();
          go.await();
        });
    Callable<Integer> expectErrno =
        () -> {
          try {
            mount.lookup(ROOT, "a");
            return 0;
          } catch (FuseException e) {
            return e.errno();
          }
        };
    FutureTask<Integer> first = new FutureTask<>(expectErrno);
    Thread impatient = Thread.ofPlatform().start(first);
    asked.await();
    FutureTask<Integer> second = new FutureTask<>(expectErrno);
    Thread patient = Thread.ofPlatform().start(second);
    awaitParked(List.of(impatient, patient));
    impatient.interrupt();
    assertEquals(Errno.EINTR, first.get());
    go.countDown();
    assertEquals(0, second.get());
    assertEquals(2, mount.requests());
  }

  @Test
  void namesLongerThan255BytesAreTooLong() {
    assertErrno(Errno.ENAMETOOLONG, () -> mount.fs.lookup(CALLER, ROOT, "a".repeat(256)));
    assertErrno(Errno.ENAMETOOLONG, () -> mount.fs.lookup(CALLER, ROOT, "ä".repeat(128)));
    assertErrno(Errno.ENOENT, () -> mount.fs.lookup(CALLER, ROOT, "ä".repeat(127)));
    assertEquals(1, mount.requests());
  }

  @Test
  void nothingIsBelowAFile() throws Exception {
    mount.bucket.put("a", "one");
    long file = mount.lookup(ROOT, "a").inode();
    assertErrno(Errno.ENOTDIR, () -> mount.fs.lookup(CALLER, file, "b"));
    assertErrno(Errno.ENOTDIR, () -> mount.fs.opendir(CALLER, file));
  }

  @Test
  void aFailingStoreIsAnErrorAndNeverAnAbsentName() throws Exception {
    mount.bucket.put("a", "one");
    mount.bucket.fail(Operation.LIST, Kind.SERVER_ERROR);
    assertErrno(Errno.EIO, () -> mount.fs.lookup(CALLER, ROOT, "a"));
    mount.bucket.fail(Operation.LIST, Kind.ACCESS_DENIED);
    assertErrno(Errno.EACCES, () -> mount.fs.lookup(CALLER, ROOT, "a"));
    mount.bucket.fail(Operation.LIST, Kind.TIMEOUT);
    assertErrno(Errno.ETIMEDOUT, () -> mount.fs.lookup(CALLER, ROOT, "a"));
    mount.bucket.openGate();
    assertEquals(3, mount.lookup(ROOT, "a").attributes().size());
  }

  @Test
  void theRootIsThereWithoutAnyRequest() throws Exception {
    Attributes root = mount.fs.getattr(CALLER, ROOT).attributes();
    assertEquals(ROOT, root.inode());
    assertTrue(root.isDirectory());
    assertEquals(Fixture.MOUNTED, root.modified());
    assertEquals(0, mount.requests());
  }

  @Test
  void aDirectoryThatLostItsLastObjectIsGoneAfterTheTimeToLive() throws Exception {
    mount.bucket.put("models/a", "one");
    assertTrue(mount.lookup(ROOT, "models").attributes().isDirectory());
    mount.bucket.remove("models/a");
    mount.pass(TTL);
    assertErrno(Errno.ENOENT, () -> mount.fs.lookup(CALLER, ROOT, "models"));
  }

  @Test
  void aFileThatBecomesADirectoryGetsAnotherInode() throws Exception {
    mount.bucket.put("a", "one");
    Entry file = mount.lookup(ROOT, "a");
    mount.bucket.remove("a");
    mount.bucket.put("a/b", "two");
    mount.pass(TTL);
    Entry directory = mount.lookup(ROOT, "a");
    assertTrue(directory.attributes().isDirectory());
    assertFalse(file.attributes().isDirectory());
    assertNotEquals(file.inode(), directory.inode());
  }
}
