// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import static io.sluicefs.kernel.fs.Fixture.CALLER;
import static io.sluicefs.kernel.fs.Fixture.MIB;
import static io.sluicefs.kernel.fs.Fixture.O_CREAT;
import static io.sluicefs.kernel.fs.Fixture.O_EXCL;
import static io.sluicefs.kernel.fs.Fixture.O_RDWR;
import static io.sluicefs.kernel.fs.Fixture.O_WRONLY;
import static io.sluicefs.kernel.fs.Fixture.SMALL_PARTS;
import static io.sluicefs.kernel.fs.Fixture.assertErrno;
import static io.sluicefs.kernel.fs.Fixture.random;
import static io.sluicefs.kernel.fs.Fixture.utf8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.fuse.AttributeChanges;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CreateAndRemoveTest {
  private static final long ROOT = FuseOperations.ROOT;

  private final Fixture mount = Fixture.writable(null, SMALL_PARTS);

  @AfterEach
  void close() {
    mount.close();
    assertEquals(0, mount.bucket.pendingUploads());
  }

  @Test
  void aFileIsThereForThisMountAsSoonAsItIsCreated() throws Exception {
    mount.bucket.put("b", "stored");
    OpenFile file = mount.create("a");
    assertEquals(List.of("a", "b"), mount.names(ROOT));
    assertEquals(0, mount.lookup("a").attributes().size());
    mount.write(file, 0, "four");
    assertEquals(4, mount.lookup("a").attributes().size());
    mount.close(file);
    assertEquals(List.of("a", "b"), mount.names(ROOT));
  }

  @Test
  void creatingAFileThatExistsOpensIt() throws Exception {
    mount.bucket.put("a", "one");
    OpenFile file = mount.create("a", O_RDWR | O_CREAT);
    assertEquals("one", mount.read(file, 0, 10));
    mount.write(file, 3, "more");
    mount.close(file);
    assertEquals("onemore", mount.text("a"));
    assertErrno(Errno.EISDIR, this::createOverDirectory);
  }

  private void createOverDirectory() throws Exception {
    mount.bucket.put("d/x", "");
    mount.create("d");
  }

  @Test
  void exclusiveCreationIsAtomicWithinTheMount() throws Exception {
    OpenFile file = mount.create("a", O_WRONLY | O_CREAT | O_EXCL);
    assertErrno(Errno.EEXIST, () -> mount.create("a", O_WRONLY | O_CREAT | O_EXCL));
    mount.close(file);
    assertErrno(Errno.EEXIST, () -> mount.create("a", O_WRONLY | O_CREAT | O_EXCL));
  }

  @Test
  void aRemovalUnderWayDoesNotReachWhatIsStoredNextUnderItsName() throws Exception {
    mount.bucket.put("a", "old");
    OpenFile reader = mount.open("a");
    assertEquals("old", mount.read(reader, 0, 10));
    mount.fs.unlink(CALLER, ROOT, "a");
    HeldRequests deletions = new HeldRequests(mount.bucket, Operation.DELETE, 1);
    FutureTask<Boolean> releasing = deletions.start(() -> mount.fs.release(reader.handle()));
    OpenFile file = mount.create("a", O_WRONLY | O_CREAT | O_EXCL);
    mount.write(file, 0, "new");
    mount.close(file);
    deletions.done();
    assertTrue(releasing.get());
    assertEquals("new", mount.text("a"));
  }

  @Test
  void exclusiveCreationOfWhatAnotherHostMadeMeanwhileIsEexistAtClose() throws Exception {
    OpenFile small = mount.create("a", O_WRONLY | O_CREAT | O_EXCL);
    OpenFile large = mount.create("b", O_WRONLY | O_CREAT | O_EXCL);
    mount.write(small, 0, "ours");
    mount.writeAll(large, random(3 * MIB, 1));
    mount.bucket.put("a", "theirs");
    mount.bucket.put("b", "theirs");
    assertErrno(Errno.EEXIST, () -> mount.close(small));
    assertErrno(Errno.EEXIST, () -> mount.close(large));
    assertEquals("theirs", mount.read(mount.open("a"), 0, 10));
    assertEquals("theirs", mount.read(mount.open("b"), 0, 10));
  }

  @Test
  void aFileCreatedExclusivelyIsRewrittenLikeAnyOther() throws Exception {
    OpenFile file = mount.create("a", O_WRONLY | O_CREAT | O_EXCL);
    mount.write(file, 0, "one");
    mount.fs.fsync(CALLER, file.handle(), false);
    mount.writeAll(file, random(3 * MIB, 2));
    mount.fs.fsync(CALLER, file.handle(), false);
    mount.fs.setattr(
        CALLER,
        mount.lookup("a").inode(),
        file.handle(),
        new AttributeChanges(null, null, null, 0L, null));
    mount.write(file, 0, "two");
    mount.close(file);
    assertEquals("two", mount.text("a"));
  }

  @Test
  void namesThatAreTooLongAreNotCreated() throws Exception {
    assertErrno(Errno.ENAMETOOLONG, () -> mount.create("x".repeat(256)));
    long parent = ROOT;
    for (int i = 0; i < 4; i++) {
      parent = mount.fs.mkdir(CALLER, parent, "d".repeat(250), 0755).inode();
    }
    long deep = parent;
    assertErrno(
        Errno.ENAMETOOLONG, () -> mount.fs.create(CALLER, deep, "x".repeat(30), 0644, O_CREAT));
  }

  @Test
  void removingAFileIsOneRequest() throws Exception {
    mount.bucket.put("a", "one");
    long _ = mount.lookup("a").inode();
    mount.bucket.resetCounts();
    mount.fs.unlink(CALLER, ROOT, "a");
    assertEquals(1, mount.count(Operation.DELETE));
    assertEquals(1, mount.requests());
    assertErrno(Errno.ENOENT, () -> mount.lookup("a"));
    assertErrno(Errno.ENOENT, () -> mount.fs.unlink(CALLER, ROOT, "a"));
    assertEquals(List.of(), mount.names(ROOT));
  }

  @Test
  void removingAFileThatWasNeverStoredSendsNothing() throws Exception {
    OpenFile file = mount.create("a", O_RDWR | O_CREAT);
    mount.write(file, 0, "temporary");
    mount.bucket.resetCounts();
    mount.fs.unlink(CALLER, ROOT, "a");
    assertEquals("temporary", mount.read(file, 0, 100));
    mount.write(file, 9, " still");
    assertEquals("temporary still", mount.read(file, 0, 100));
    mount.close(file);
    assertEquals(0, mount.requests());
    assertEquals(List.of(), mount.names(ROOT));
  }

  @Test
  void anOpenFileThatIsRemovedIsReadableUntilItsLastClose() throws Exception {
    mount.bucket.put("a", "1".repeat(3 * SmallBlockCache.BLOCK_SIZE));
    OpenFile first = mount.open("a");
    OpenFile second = mount.open("a");
    mount.fs.unlink(CALLER, ROOT, "a");
    assertErrno(Errno.ENOENT, () -> mount.lookup("a"));
    assertEquals(List.of(), mount.names(ROOT));
    // Others see it until then.
    assertTrue(mount.isStored("a"));
    mount.close(first);
    assertEquals("1111", mount.read(second, 2 * SmallBlockCache.BLOCK_SIZE, 4));
    assertTrue(mount.isStored("a"));
    mount.close(second);
    assertFalse(mount.isStored("a"));
    assertErrno(Errno.ENOENT, () -> mount.lookup("a"));
  }

  @Test
  void aFileRemovedWhileItIsWrittenIsNotStoredAgain() throws Exception {
    mount.bucket.put("a", "one");
    OpenFile file = mount.open("a", O_RDWR);
    mount.write(file, 0, "ONE");
    mount.fs.unlink(CALLER, ROOT, "a");
    mount.fs.fsync(CALLER, file.handle(), false);
    assertEquals("ONE", mount.read(file, 0, 10));
    mount.close(file);
    assertEquals(List.of(), mount.bucket.keys());
  }

  @Test
  void aListingUnderWayDoesNotShowWhatWasRemovedBefore() throws Exception {
    mount.bucket.put("a", "one");
    mount.bucket.put("b", "two");
    OpenFile reader = mount.open("b");
    mount.fs.unlink(CALLER, ROOT, "b");
    OpenFile directory = mount.opendir(ROOT);
    Listed first = new Listed(3);
    mount.fs.readdir(CALLER, directory.handle(), 0, first);
    assertEquals(List.of(".", "..", "a"), first.names());
    mount.close(reader);
    Listed rest = new Listed(10);
    mount.fs.readdir(CALLER, directory.handle(), first.nextOffset(), rest);
    assertEquals(List.of(), rest.names());
    mount.fs.releasedir(directory.handle());
  }

  @Test
  void whatWasWrittenOfARemovedFileIsThereForItsReaders() throws Exception {
    mount.bucket.put("a", "one");
    OpenFile reader = mount.open("a");
    OpenFile writer = mount.open("a", O_RDWR);
    long inode = mount.lookup("a").inode();
    mount.write(writer, 0, "other");
    mount.fs.unlink(CALLER, ROOT, "a");
    mount.close(writer);
    assertEquals("other", mount.read(reader, 0, 10));
    assertEquals(5, mount.fs.getattr(CALLER, inode).attributes().size());
    mount.close(reader);
    assertEquals(List.of(), mount.bucket.keys());
  }

  @Test
  void theNameOfARemovedOpenFileIsFreeAtOnce() throws Exception {
    mount.bucket.put("a", "old");
    OpenFile old = mount.open("a");
    mount.fs.unlink(CALLER, ROOT, "a");
    mount.store("a", utf8("new"));
    assertEquals("new", mount.text("a"));
    // What the store no longer has cannot be read any more.
    assertErrno(Errno.ESTALE, () -> mount.read(old, 0, 10));
    mount.close(old);
    assertEquals("new", mount.read(mount.open("a"), 0, 10));
  }

  @Test
  void theNameOfARemovedOpenFileStaysFreeIfItsUserIsInterrupted() throws Exception {
    mount.bucket.put("a", "old");
    OpenFile old = mount.open("a");
    mount.fs.unlink(CALLER, ROOT, "a");
    interruptDuring(Operation.DELETE, () -> mount.create("a"));
    assertFalse(mount.isStored("a"));
    OpenFile file = mount.create("a");
    mount.write(file, 0, "n");
    mount.close(file);
    assertEquals("n", mount.text("a"));
    mount.close(old);
    assertEquals("n", mount.text("a"));
  }

  @Test
  void theNameOfARemovedOpenFileLeadsNowhereIfItCannotBeFreed() throws Exception {
    mount.bucket.put("a", "old");
    OpenFile old = mount.open("a");
    mount.fs.unlink(CALLER, ROOT, "a");
    mount.bucket.fail(Operation.DELETE, Kind.ACCESS_DENIED);
    assertErrno(Errno.EACCES, () -> mount.create("a"));
    assertErrno(Errno.ENOENT, () -> mount.lookup("a"));
    mount.bucket.openGate();
    mount.store("a", utf8("new"));
    mount.close(old);
    assertEquals("new", mount.text("a"));
  }

  @Test
  void aRemovalIsNotBrokenOff() throws Exception {
    mount.bucket.put("a", "one");
    interruptDuring(Operation.DELETE, () -> mount.fs.unlink(CALLER, ROOT, "a"));
    assertFalse(mount.isStored("a"));
    assertErrno(Errno.ENOENT, () -> mount.lookup("a"));
  }

  /** A change of names. */
  private interface Change {
    void make() throws FuseException;
  }

  /** Makes a change whose caller is interrupted while a request of it is under way. */
  private void interruptDuring(Operation operation, Change change) throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    mount.bucket.setGate(
        (asking, key) -> {
          if (asking == operation) {
            asked.countDown();
            go.await();
          }
        });
    FutureTask<Integer> errno =
        new FutureTask<>(
            () -> {
              try {
                change.make();
                return 0;
              } catch (FuseException e) {
                return e.errno();
              }
            });
    Thread caller = Thread.ofPlatform().start(errno);
    asked.await();
    caller.interrupt();
    assertFalse(caller.join(Duration.ofMillis(20)), "it did not wait for the store");
    go.countDown();
    assertTrue(Set.of(0, Errno.EINTR).contains(errno.get()));
    mount.bucket.openGate();
  }

  @Test
  void aFileThatCannotBeDeletedStays() throws Exception {
    mount.bucket.put("a", "one");
    mount.bucket.fail(Operation.DELETE, Kind.ACCESS_DENIED);
    assertErrno(Errno.EACCES, () -> mount.fs.unlink(CALLER, ROOT, "a"));
    mount.bucket.openGate();
    assertArrayEquals(utf8("one"), mount.readBytes(mount.open("a"), 0, 10));
  }

  @Test
  void aWrittenFileThatCannotBeRemovedIsStoredWhenItIsClosed() throws Exception {
    byte[] content = random(3 * MIB, 3);
    OpenFile file = mount.create("a");
    mount.writeAll(file, content);
    // What was sent under the former name is to be removed too.
    mount.fs.rename(CALLER, ROOT, "a", ROOT, "b", 0);
    mount.bucket.fail(Operation.DELETE, Kind.ACCESS_DENIED);
    assertErrno(Errno.EACCES, () -> mount.fs.unlink(CALLER, ROOT, "b"));
    mount.bucket.openGate();
    mount.close(file);
    assertArrayEquals(content, mount.stored("b"));
    assertEquals(List.of("b"), mount.names(ROOT));
  }

  @Test
  void aFileOpenedForWritingWhileItIsRemovedIsNotStored() throws Exception {
    mount.store("a", utf8("old"));
    long inode = mount.lookup("a").inode();
    HeldRequests deletions = new HeldRequests(mount.bucket, Operation.DELETE, 1);
    FutureTask<Boolean> removing = deletions.start(() -> mount.fs.unlink(CALLER, ROOT, "a"));
    try {
      OpenFile file = mount.fs.open(CALLER, inode, O_RDWR);
      deletions.done();
      assertTrue(removing.get());
      mount.write(file, 0, "new");
      mount.close(file);
    } catch (FuseException e) {
      assertEquals(Errno.ESTALE, e.errno());
      assertTrue(removing.get());
    }
    assertEquals(List.of(), mount.bucket.keys());
  }

  @Test
  void aFileRemovedWhileItIsBeingStoredIsGone() throws Exception {
    OpenFile file = mount.create("a");
    mount.write(file, 0, "one");
    HeldRequests puts = new HeldRequests(mount.bucket, Operation.PUT, 1);
    FutureTask<Boolean> closing = puts.start(() -> mount.close(file));
    mount.fs.unlink(CALLER, ROOT, "a");
    puts.done();
    assertTrue(closing.get());
    assertEquals(List.of(), mount.bucket.keys());
    assertErrno(Errno.ENOENT, () -> mount.lookup("a"));
  }

  @Test
  void aDirectoryIsNotUnlinked() throws Exception {
    mount.bucket.put("d/x", "");
    assertErrno(Errno.EISDIR, () -> mount.fs.unlink(CALLER, ROOT, "d"));
  }
}
