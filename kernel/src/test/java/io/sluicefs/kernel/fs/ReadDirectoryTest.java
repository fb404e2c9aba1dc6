// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import static io.sluicefs.kernel.fs.Fixture.CALLER;
import static io.sluicefs.kernel.fs.Fixture.OPTIONS;
import static io.sluicefs.kernel.fs.Fixture.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.kernel.namespace.NamespaceOptions;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.fuse.Attributes;
import io.sluicefs.spi.fuse.Entry;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ReadDirectoryTest {
  private static final long ROOT = FuseOperations.ROOT;

  private Fixture mount = new Fixture();

  @AfterEach
  void close() {
    mount.close();
  }

  private long putFiles(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      mount.bucket.put(name(i), "x".repeat(i % 7));
    }
    long directory = mount.lookup(ROOT, "d").inode();
    mount.bucket.resetCounts();
    return directory;
  }

  private static String name(int i) {
    return "d/file-%05d.bin".formatted(i);
  }

  private void lookUpAll(long directory, int count) throws Exception {
    for (int i = 0; i < count; i++) {
      Entry entry = mount.lookup(directory, name(i).substring(2));
      assertEquals(i % 7, entry.attributes().size());
    }
  }

  @Test
  void tenThousandEntriesAndTheirAttributesCostTenListsAndNoHead() throws Exception {
    long directory = putFiles(10_000);
    assertEquals(10_002, mount.list(directory).names().size());
    lookUpAll(directory, 10_000);
    lookUpAll(directory, 10_000);
    assertEquals(10, mount.lists());
    assertEquals(10, mount.requests());
  }

  @Test
  void tenThousandEntriesListedWithAttributesCostTenLists() throws Exception {
    long directory = putFiles(10_000);
    OpenFile open = mount.opendir(directory);
    List<Entry> entries = new ArrayList<>();
    for (long offset = 0; ; ) {
      Listed some = new Listed(64);
      mount.fs.readdirplus(CALLER, open.handle(), offset, some);
      if (some.names().isEmpty()) {
        break;
      }
      some.entries().forEach(entry -> entries.add(assertPresent(entry)));
      offset = some.nextOffset();
    }
    mount.fs.releasedir(open.handle());
    assertEquals(10_002, entries.size());
    for (Entry entry : entries.subList(2, entries.size())) {
      assertEquals(entry.attributes(), mount.fs.getattr(CALLER, entry.inode()).attributes());
      mount.fs.forget(entry.inode(), 1);
    }
    assertEquals(10, mount.requests());
  }

  private static Entry assertPresent(@Nullable Entry entry) {
    assertNotNull(entry);
    return entry;
  }

  @Test
  void aMissingNameCostsNothingRightAfterItsDirectoryWasListed() throws Exception {
    long directory = putFiles(1500);
    mount.list(directory);
    mount.bucket.resetCounts();
    assertErrno(Errno.ENOENT, () -> mount.fs.lookup(CALLER, directory, "missing"));
    assertEquals(0, mount.requests());
    mount.pass(Duration.ofSeconds(10));
    assertErrno(Errno.ENOENT, () -> mount.fs.lookup(CALLER, directory, "missing"));
    assertEquals(1, mount.requests());
  }

  @Test
  void openingADirectoryAsksForNothingAndItsFirstPageForOneList() throws Exception {
    long directory = putFiles(3000);
    OpenFile open = mount.opendir(directory);
    assertEquals(0, mount.requests());
    Listed some = new Listed(500);
    mount.fs.readdir(CALLER, open.handle(), 0, some);
    assertEquals(500, some.names().size());
    assertEquals(1, mount.requests());
    mount.fs.releasedir(open.handle());
  }

  @Test
  void offsetsLeadToTheSameEntriesWithinAHandle() throws Exception {
    long directory = putFiles(2500);
    OpenFile open = mount.opendir(directory);
    List<String> all = mount.readAll(open).names();
    mount.bucket.put("d/file-00000.before", "new");
    for (int offset : new int[] {1, 2, 3, 777, 1002, 2400, 2501}) {
      Listed some = new Listed(5);
      mount.fs.readdir(CALLER, open.handle(), offset, some);
      assertEquals(all.subList(offset, Math.min(offset + 5, all.size())), some.names());
    }
    assertEquals(3, mount.requests());
    mount.fs.releasedir(open.handle());
  }

  @Test
  void rewindingAndOpeningAgainListAnew() throws Exception {
    long directory = putFiles(3);
    OpenFile open = mount.opendir(directory);
    assertEquals(5, mount.readAll(open).names().size());
    mount.bucket.put("d/new", "");
    assertEquals(6, mount.readAll(open).names().size());
    mount.fs.releasedir(open.handle());
    mount.bucket.remove("d/new");
    assertEquals(5, mount.list(directory).names().size());
  }

  @Test
  void aListingThatFailsMidwayIsAnErrorAndNeverShort() throws Exception {
    long directory = putFiles(2500);
    AtomicInteger pages = new AtomicInteger();
    mount.bucket.setGate(
        (operation, key) -> {
          if (pages.incrementAndGet() == 2) {
            throw new StorageException(Kind.SERVER_ERROR, "the test fails page 2");
          }
        });
    OpenFile open = mount.opendir(directory);
    assertErrno(Errno.EIO, () -> mount.readAll(open));
    // The handle is good: asked again it goes on, with nothing lost and nothing twice.
    List<String> names = mount.readAll(open).names();
    assertEquals(2502, names.size());
    assertEquals(2502, new HashSet<>(names).size());
    mount.fs.releasedir(open.handle());
  }

  @Test
  void concurrentReadersOfAListingThatStartsShareItsRequests() throws Exception {
    long directory = putFiles(2500);
    List<OpenFile> handles = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      handles.add(mount.opendir(directory));
    }
    CountDownLatch go = new CountDownLatch(1);
    mount.bucket.setGate((operation, key) -> go.await());
    List<FutureTask<Integer>> tasks = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (OpenFile handle : handles) {
      FutureTask<Integer> task = new FutureTask<>(() -> mount.readAll(handle).names().size());
      tasks.add(task);
      threads.add(Thread.ofPlatform().start(task));
    }
    while (threads.stream().anyMatch(thread -> thread.getState() != Thread.State.WAITING)) {
      Thread.onSpinWait();
    }
    go.countDown();
    for (FutureTask<Integer> task : tasks) {
      assertEquals(2502, task.get());
    }
    assertEquals(3, mount.lists());
    handles.forEach(handle -> mount.fs.releasedir(handle.handle()));
  }

  @Test
  void knownInodesKeepTheirNumbersInListingsAndOthersAreUnknown() throws Exception {
    long directory = putFiles(2);
    long known = mount.lookup(directory, "file-00001.bin").inode();
    Listed listed = mount.list(directory);
    assertEquals(known, listed.inode("file-00001.bin"));
    assertEquals(0xffffffffL, listed.inode("file-00000.bin"));
    assertEquals(directory, listed.inode("."));
    assertEquals(ROOT, listed.inode(".."));
    assertEquals(Attributes.REGULAR, listed.type("file-00000.bin"));
  }

  @Test
  void anEntryThatDoesNotFitIsNotCounted() throws Exception {
    long directory = putFiles(5);
    int before = mount.fs.stats().inodes();
    OpenFile open = mount.opendir(directory);
    Listed some = new Listed(4);
    mount.fs.readdirplus(CALLER, open.handle(), 0, some);
    assertEquals(List.of(".", "..", "file-00000.bin", "file-00001.bin"), some.names());
    mount.fs.forget(some.inode("file-00000.bin"), 1);
    mount.fs.forget(some.inode("file-00001.bin"), 1);
    mount.fs.releasedir(open.handle());
    assertTrue(mount.fs.stats().inodes() <= before + 3);
  }

  @Test
  void anEmptyBucketIsAnEmptyDirectory() throws Exception {
    assertEquals(List.of(".", ".."), mount.list(ROOT).names());
  }

  @Test
  void aDirectoryTooLargeForTheHeapIsRefusedAndNeverShort() throws Exception {
    mount.close();
    NamespaceOptions.Limits limits = OPTIONS.limits();
    mount =
        new Fixture(
            "",
            OPTIONS.withLimits(
                new NamespaceOptions.Limits(limits.inodes(), limits.idleInodes(), 100_000)));
    long directory = putFiles(5000);
    assertErrno(Errno.ENOMEM, () -> mount.list(directory));
    assertEquals(0, mount.fs.openDirectories());
    mount.bucket.put("small/a", "");
    assertEquals(List.of("a"), mount.names(mount.lookup(ROOT, "small").inode()));
  }

  @Test
  void listingsNobodyReadsGiveWayToNewOnes() throws Exception {
    mount.close();
    NamespaceOptions.Limits limits = OPTIONS.limits();
    mount =
        new Fixture(
            "",
            OPTIONS.withLimits(
                new NamespaceOptions.Limits(limits.inodes(), limits.idleInodes(), 100_000)));
    for (int d = 0; d < 20; d++) {
      for (int i = 0; i < 500; i++) {
        mount.bucket.put("d%d/file-%d".formatted(d, i), "");
      }
    }
    for (int d = 0; d < 20; d++) {
      assertEquals(500, mount.names(mount.lookup(ROOT, "d" + d).inode()).size());
    }
    assertTrue(mount.fs.stats().listingBytes() <= 100_000);
  }

  @Test
  void pagesOfAnySizeGiveTheSameNames() throws Exception {
    List<String> expected =
        IntStream.range(0, 2100).mapToObj(i -> name(i).substring(2)).sorted().toList();
    assertEquals(expected, mount.names(putFiles(2100)));
    assertEquals(0, mount.bucket.count(Operation.HEAD));
  }

  @Test
  void aClosedHandleIsNoHandle() throws Exception {
    OpenFile open = mount.opendir(ROOT);
    mount.fs.releasedir(open.handle());
    mount.fs.releasedir(open.handle());
    assertErrno(Errno.EBADF, () -> mount.fs.readdir(CALLER, open.handle(), 0, new Listed(1)));
    assertEquals(0, mount.fs.openDirectories());
  }
}
