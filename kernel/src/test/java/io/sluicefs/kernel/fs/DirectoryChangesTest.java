// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import static io.sluicefs.kernel.fs.Fixture.CALLER;
import static io.sluicefs.kernel.fs.Fixture.SMALL_PARTS;
import static io.sluicefs.kernel.fs.Fixture.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Making, removing and renaming directories. */
class DirectoryChangesTest {
  private static final long ROOT = FuseOperations.ROOT;

  private final Fixture mount = Fixture.writable(null, SMALL_PARTS);

  @AfterEach
  void close() {
    mount.close();
    assertEquals(0, mount.bucket.pendingUploads());
  }

  private long mkdir(String name) throws FuseException {
    return mount.fs.mkdir(CALLER, ROOT, name, 0755).inode();
  }

  private OpenFile create(long directory, String name) throws FuseException {
    return mount.fs.create(CALLER, directory, name, 0644, Fixture.O_CREAT | 1).file();
  }

  private void rename(String from, String to) throws FuseException {
    mount.fs.rename(CALLER, ROOT, from, ROOT, to, 0);
  }

  @Test
  void makingADirectoryIsOneListAndOnePutOfAMarker() throws Exception {
    long directory = mkdir("d");
    assertEquals(1, mount.lists());
    assertEquals(1, mount.count(Operation.PUT));
    assertEquals(2, mount.requests());
    assertEquals(List.of("d/"), mount.bucket.keys());
    assertEquals(List.of(), mount.names(directory));
    assertEquals(List.of("d"), mount.names(ROOT));
    assertErrno(Errno.EEXIST, () -> mkdir("d"));
  }

  @Test
  void onlyAnEmptyDirectoryIsRemoved() throws Exception {
    long directory = mkdir("d");
    OpenFile file = create(directory, "a");
    // Not in the store yet, and there all the same.
    assertErrno(Errno.ENOTEMPTY, () -> mount.fs.rmdir(CALLER, ROOT, "d"));
    mount.close(file);
    assertErrno(Errno.ENOTEMPTY, () -> mount.fs.rmdir(CALLER, ROOT, "d"));
    assertErrno(Errno.ENOTDIR, () -> mount.fs.rmdir(CALLER, directory, "a"));
    mount.fs.unlink(CALLER, directory, "a");
    mount.fs.rmdir(CALLER, ROOT, "d");
    assertEquals(List.of(), mount.bucket.keys());
    assertErrno(Errno.ENOENT, () -> mount.lookup("d"));
    assertErrno(Errno.ENOENT, () -> mount.fs.rmdir(CALLER, ROOT, "d"));
    long again = mkdir("d");
    assertEquals(again, mount.lookup("d").inode());
  }

  @Test
  void aDirectoryThatLosesItsLastKeyStays() throws Exception {
    mount.bucket.put("d/a", "one");
    long directory = mount.lookup("d").inode();
    assertEquals(List.of("a"), mount.names(directory));
    mount.fs.unlink(CALLER, directory, "a");
    assertEquals(List.of(), mount.bucket.keys());
    assertEquals(directory, mount.lookup("d").inode());
    assertEquals(List.of("d"), mount.names(ROOT));
    assertEquals(List.of(), mount.names(directory));
    mount.close(create(directory, "b"));
    assertEquals(List.of("d/b"), mount.bucket.keys());
    mount.fs.unlink(CALLER, directory, "b");
    mount.fs.rmdir(CALLER, ROOT, "d");
    assertErrno(Errno.ENOENT, () -> mount.lookup("d"));
  }

  @Test
  void renamingADirectoryCopiesEveryObjectAndDeletesThemInOneRequest() throws Exception {
    for (int i = 0; i < 500; i++) {
      mount.bucket.put("d/e/" + i, "content " + i);
    }
    mount.bucket.put("d/", "");
    mount.bucket.putSymlink("d/link", "e/1");
    OpenFile open = mount.open("d/e/7");
    long inode = mount.lookup("d/e/7").inode();
    assertErrno(Errno.ENOENT, () -> mount.lookup("f"));
    mount.bucket.resetCounts();
    rename("d", "f");
    assertEquals(501, mount.count(Operation.COPY));
    assertEquals(1, mount.count(Operation.DELETE));
    assertEquals(502, mount.bucket.keys().size());
    assertFalse(mount.bucket.keys().stream().anyMatch(key -> key.startsWith("d/")));
    assertEquals("content 499", mount.read(mount.open("f/e/499"), 0, 100));
    assertEquals("content 7", mount.read(open, 0, 100));
    assertEquals(inode, mount.lookup("f/e/7").inode());
    assertEquals("e/1", mount.fs.readlink(CALLER, mount.lookup("f/link").inode()));
    assertErrno(Errno.ENOENT, () -> mount.lookup("d"));
    assertEquals(List.of("f"), mount.names(ROOT));
    mount.close(open);
  }

  @Test
  void aDirectoryWithFilesStillOpenIsRenamedAndTheyAreStoredThere() throws Exception {
    long directory = mkdir("d");
    OpenFile fresh = create(directory, "a");
    mount.write(fresh, 0, "half ");
    mount.bucket.put("d/b", "stored");
    OpenFile changed = mount.open("d/b", Fixture.O_RDWR);
    mount.write(changed, 0, "S");
    rename("d", "e");
    mount.write(fresh, 5, "and half");
    mount.close(fresh);
    mount.close(changed);
    assertEquals(List.of("e/", "e/a", "e/b"), mount.bucket.keys());
    assertEquals("half and half", mount.text("e/a"));
    assertEquals("Stored", mount.text("e/b"));
  }

  @Test
  void aFileThatIsToReplaceItsObjectMovesWithItsDirectory() throws Exception {
    mount.bucket.put("d/a", "one");
    OpenFile file = mount.open("d/a", Fixture.O_TRUNC | Fixture.O_RDWR);
    assertEquals(List.of("d"), mount.names(ROOT));
    rename("d", "e");
    assertErrno(Errno.ENOENT, () -> mount.lookup("d"));
    assertEquals(List.of("e"), mount.names(ROOT));
    assertEquals(List.of("a"), mount.names(mount.lookup("e").inode()));
    mount.write(file, 0, "two");
    mount.close(file);
    assertEquals(List.of("e/a"), mount.bucket.keys());
    assertEquals("two", mount.text("e/a"));
  }

  @Test
  void aDirectoryThatIsRenamedThereAndBackHasItsOpenFiles() throws Exception {
    mount.bucket.put("d/a", "one");
    OpenFile file = mount.open("d/a", Fixture.O_TRUNC | Fixture.O_RDWR);
    rename("d", "e");
    rename("e", "d");
    assertEquals(List.of("d"), mount.names(ROOT));
    assertEquals(List.of("a"), mount.names(mount.lookup("d").inode()));
    mount.close(file);
    assertEquals(List.of("d/a"), mount.bucket.keys());
  }

  @Test
  void aDirectoryIsGoneAlthoughAFileRemovedFromItIsOpen() throws Exception {
    mount.bucket.put("d/a", "one");
    long directory = mount.lookup("d").inode();
    assertEquals(List.of("d"), mount.names(ROOT));
    OpenFile file = mount.open("d/a");
    mount.fs.unlink(CALLER, directory, "a");
    mount.fs.rmdir(CALLER, ROOT, "d");
    assertErrno(Errno.ENOENT, () -> mount.lookup("d"));
    assertEquals(List.of(), mount.names(ROOT));
    assertEquals(List.of(), mount.names(mkdir("d")));
    assertEquals("one", mount.read(file, 0, 10));
    mount.close(file);
    assertEquals(List.of("d/"), mount.bucket.keys());
  }

  @Test
  void aDirectoryThatIsRemovedStaysGoneWhenTheLastFileOfItIsClosed() throws Exception {
    mount.bucket.put("d/a", "one");
    long directory = mount.lookup("d").inode();
    OpenFile file = mount.open("d/a");
    mount.fs.unlink(CALLER, directory, "a");
    mount.fs.rmdir(CALLER, ROOT, "d");
    // The store lists it until then.
    assertEquals(List.of(), mount.names(ROOT));
    mount.close(file);
    assertErrno(Errno.ENOENT, () -> mount.lookup("d"));
    assertEquals(List.of(), mount.names(ROOT));
  }

  @Test
  void aDirectoryIsRenamedToWhereAFileRemovedFromAnotherIsOpen() throws Exception {
    mount.bucket.put("e/a", "old");
    OpenFile file = mount.open("e/a");
    mount.fs.unlink(CALLER, mount.lookup("e").inode(), "a");
    mount.bucket.put("d/a", "new");
    rename("d", "e");
    assertEquals(List.of("a"), mount.names(mount.lookup("e").inode()));
    mount.close(file);
    assertEquals("new", mount.read(mount.open("e/a"), 0, 10));
    assertEquals(List.of("e/a"), mount.bucket.keys());
  }

  @Test
  void aFileHasTheNameOfADirectoryAFileRemovedFromWhichIsOpen() throws Exception {
    mount.bucket.put("d/a", "one");
    mount.bucket.put("b", "moved");
    OpenFile file = mount.open("d/a");
    mount.fs.unlink(CALLER, mount.lookup("d").inode(), "a");
    mount.fs.rmdir(CALLER, ROOT, "d");
    mount.store("d", Fixture.utf8("a file"));
    assertEquals(List.of("b", "d"), mount.names(ROOT));
    assertEquals("a file", mount.read(mount.open("d"), 0, 10));
    mount.close(file);
    assertEquals(List.of("b", "d"), mount.bucket.keys());
  }

  @Test
  void aDirectoryIsNotRenamedToWhereAFileOutsideIsBeingStreamed() throws Exception {
    long _ = mkdir("e");
    OpenFile file = create(mount.lookup("e").inode(), "a");
    mount.writeAll(file, Fixture.random(4 << 20, 1));
    mount.fs.rename(CALLER, mount.lookup("e").inode(), "a", ROOT, "b", 0);
    mount.bucket.put("d/a", "one");
    assertErrno(Errno.EBUSY, () -> rename("d", "e"));
    assertEquals("one", mount.text("d/a"));
    mount.close(file);
    rename("d", "e");
    assertEquals(List.of("b", "e/a"), mount.bucket.keys());
  }

  @Test
  void anEmptyDirectoryIsReplacedAndNoOther() throws Exception {
    mount.bucket.put("d/a", "one");
    long _ = mkdir("e");
    mount.bucket.put("f/x", "");
    assertErrno(Errno.ENOTEMPTY, () -> rename("d", "f"));
    rename("d", "e");
    assertEquals(List.of("e/a", "f/x"), mount.bucket.keys());
    long e = mount.lookup("e").inode();
    assertErrno(Errno.EINVAL, () -> mount.fs.rename(CALLER, ROOT, "e", e, "inside", 0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"e/", "e/a"})
  void anEmptyDirectoryStaysIfItsReplacementFails(String failing) throws Exception {
    long _ = mkdir("d");
    mount.bucket.put("d/a", "one");
    long e = mkdir("e");
    mount.bucket.setGate(
        (operation, key) -> {
          if (operation == Operation.COPY && key.equals(failing)) {
            throw new StorageException(Kind.ACCESS_DENIED, "the test fails one copy");
          }
        });
    assertErrno(Errno.EACCES, () -> rename("d", "e"));
    mount.bucket.openGate();
    assertEquals(List.of("d/", "d/a", "e/"), mount.bucket.keys());
    assertEquals(e, mount.lookup("e").inode());
    rename("d", "e");
    assertEquals(List.of("e/", "e/a"), mount.bucket.keys());
  }

  @Test
  void aDirectoryWithMoreObjectsThanTheLimitIsNotRenamed() throws Exception {
    for (int i = 0; i <= Fixture.RENAME_LIMIT; i++) {
      mount.bucket.put("d/" + i, "");
    }
    assertErrno(Errno.ENOTSUP, () -> rename("d", "e"));
    assertEquals(0, mount.count(Operation.COPY));
    mount.bucket.remove("d/0");
    rename("d", "e");
    assertEquals(Fixture.RENAME_LIMIT, mount.bucket.keys().size());
  }

  @Test
  void whatIsChangedInADirectoryWhileItIsRenamedFollows() throws Exception {
    mount.bucket.put("d/a", "old");
    long directory = mount.lookup("d").inode();
    long inode = mount.lookup("d/a").inode();
    HeldRequests copies = new HeldRequests(mount.bucket, Operation.COPY, 2);
    FutureTask<Boolean> renaming = copies.start(() -> rename("d", "e"));
    FutureTask<Boolean> writing =
        HeldRequests.background(
            () -> {
              OpenFile file = mount.fs.open(CALLER, inode, Fixture.O_RDWR);
              copies.done();
              assertTrue(renaming.get());
              mount.write(file, 0, "new");
              mount.close(file);
            });
    FutureTask<Boolean> creating =
        HeldRequests.background(
            () -> {
              OpenFile file = create(directory, "b");
              copies.done();
              assertTrue(renaming.get());
              mount.close(file);
            });
    assertTrue(writing.get());
    assertTrue(creating.get());
    assertEquals(List.of("e/a", "e/b"), mount.bucket.keys());
    assertEquals("new", mount.text("e/a"));
  }

  @Test
  void aRenameThatFailsInTheMiddleLeavesTheDirectoryAsItWas() throws Exception {
    for (int i = 0; i < 50; i++) {
      mount.bucket.put("d/" + i, "content " + i);
    }
    mount.bucket.setGate(
        (operation, key) -> {
          if (operation == Operation.COPY && key.equals("e/33")) {
            throw new StorageException(Kind.SERVER_ERROR, "the test fails one copy");
          }
        });
    assertErrno(Errno.EIO, () -> rename("d", "e"));
    assertEquals(50, mount.bucket.keys().size());
    assertEquals("content 33", mount.read(mount.open("d/33"), 0, 100));
    assertErrno(Errno.ENOENT, () -> mount.lookup("e"));
  }

  @Test
  void aRenameThatFailsAmongFilesBeingWrittenLeavesThemAsTheyWere() throws Exception {
    mount.bucket.put("d/a", "one");
    mount.bucket.put("d/b", "two");
    mount.bucket.put("d/c", "three");
    OpenFile a = mount.open("d/a", Fixture.O_RDWR);
    OpenFile b = mount.open("d/b", Fixture.O_RDWR);
    mount.write(a, 3, " more");
    mount.write(b, 3, " more");
    AtomicInteger copies = new AtomicInteger();
    mount.bucket.setGate(
        (operation, key) -> {
          // After that of what nobody writes, and that of one of the two.
          if (operation == Operation.COPY && copies.incrementAndGet() == 3) {
            throw new StorageException(Kind.SERVER_ERROR, "the test fails one copy");
          }
        });
    assertErrno(Errno.EIO, () -> rename("d", "e"));
    mount.bucket.openGate();
    assertEquals(List.of("d/a", "d/b", "d/c"), mount.bucket.keys());
    assertErrno(Errno.ENOENT, () -> mount.lookup("e"));
    mount.close(a);
    mount.close(b);
    assertEquals(List.of("d/a", "d/b", "d/c"), mount.bucket.keys());
    assertEquals("one more", mount.text("d/a"));
    assertEquals("two more", mount.text("d/b"));
  }

  @Test
  void aDirectoryWhoseFormerObjectsCannotBeDeletedKeepsItsName() throws Exception {
    mount.bucket.put("d/a", "one");
    mount.bucket.put("d/b", "two");
    OpenFile written = mount.open("d/b", Fixture.O_RDWR);
    mount.write(written, 3, " more");
    long inode = mount.lookup("d/a").inode();
    mount.bucket.fail(Operation.DELETE, Kind.ACCESS_DENIED);
    assertErrno(Errno.EACCES, () -> rename("d", "e"));
    mount.bucket.openGate();
    assertEquals(inode, mount.lookup("d/a").inode());
    assertEquals("one", mount.read(mount.open("d/a"), 0, 100));
    mount.close(written);
    assertEquals("two more", mount.text("d/b"));
    assertEquals("two", mount.text("e/b"));
    assertEquals(List.of("a", "b"), mount.names(mount.lookup("d").inode()));
    assertEquals(List.of("a", "b"), mount.names(mount.lookup("e").inode()));
  }
}
