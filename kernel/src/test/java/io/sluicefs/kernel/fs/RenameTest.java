// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import static io.sluicefs.kernel.fs.Fixture.CALLER;
import static io.sluicefs.kernel.fs.Fixture.MIB;
import static io.sluicefs.kernel.fs.Fixture.O_CREAT;
import static io.sluicefs.kernel.fs.Fixture.O_EXCL;
import static io.sluicefs.kernel.fs.Fixture.O_RDWR;
import static io.sluicefs.kernel.fs.Fixture.O_TRUNC;
import static io.sluicefs.kernel.fs.Fixture.O_WRONLY;
import static io.sluicefs.kernel.fs.Fixture.SMALL_PARTS;
import static io.sluicefs.kernel.fs.Fixture.assertErrno;
import static io.sluicefs.kernel.fs.Fixture.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Renames of files; those of directories are in {@link DirectoryChangesTest}. */
class RenameTest {
  private static final long ROOT = FuseOperations.ROOT;
  private static final int NOREPLACE = 1;
  private static final int EXCHANGE = 2;

  private final Fixture mount = Fixture.writable(null, SMALL_PARTS);

  @AfterEach
  void close() {
    mount.close();
    assertEquals(0, mount.bucket.pendingUploads());
  }

  private void rename(String from, String to) throws Exception {
    rename(from, to, 0);
  }

  private void rename(String from, String to, int flags) throws Exception {
    mount.fs.rename(CALLER, ROOT, from, ROOT, to, flags);
  }

  private String stored(String key) throws Exception {
    return mount.text(key);
  }

  @Test
  void aStoredFileIsOneCopyAndOneDelete() throws Exception {
    mount.store("a", random(3 * MIB, 1));
    assertErrno(Errno.ENOENT, () -> mount.lookup("b"));
    mount.bucket.resetCounts();
    rename("a", "b");
    assertEquals(1, mount.count(Operation.COPY));
    assertEquals(1, mount.count(Operation.DELETE));
    assertEquals(2, mount.requests());
    assertEquals(List.of("b"), mount.bucket.keys());
    assertArrayEquals(random(3 * MIB, 1), mount.stored("b"));
    assertErrno(Errno.ENOENT, () -> mount.lookup("a"));
    assertEquals(List.of("b"), mount.names(ROOT));
  }

  @Test
  void whatIsStoredBesideTheBytesIsKeptByACopyInParts() throws Exception {
    mount.bucket.copyAtOnce(MIB);
    mount.bucket.put("a", random(3 * MIB, 1), Map.of("color", "blue"));
    rename("a", "b");
    assertEquals(1, mount.count(Operation.COPY_PART));
    assertArrayEquals(random(3 * MIB, 1), mount.stored("b"));
    assertEquals(Map.of("color", "blue"), mount.bucket.head("b").metadata());
  }

  @Test
  void theInodeStaysAndOpenHandlesReadOn() throws Exception {
    mount.bucket.put("a", "content");
    long inode = mount.lookup("a").inode();
    OpenFile file = mount.open("a");
    rename("a", "b");
    assertEquals(inode, mount.lookup("b").inode());
    assertEquals("content", mount.read(file, 0, 10));
    mount.close(file);
  }

  @Test
  void anExistingFileIsReplacedUnlessForbidden() throws Exception {
    mount.bucket.put("a", "new");
    mount.bucket.put("b", "old");
    assertErrno(Errno.EEXIST, () -> rename("a", "b", NOREPLACE));
    assertErrno(Errno.EINVAL, () -> rename("a", "b", EXCHANGE));
    assertEquals("old", stored("b"));
    rename("a", "b");
    assertEquals("new", stored("b"));
    assertEquals("new", mount.read(mount.open("b"), 0, 10));
    assertEquals(List.of("b"), mount.bucket.keys());
    rename("b", "c", NOREPLACE);
    assertEquals(List.of("c"), mount.bucket.keys());
  }

  @Test
  void whoStillReadsAFileThatWasReplacedGetsEstale() throws Exception {
    mount.bucket.put("a", "new");
    mount.bucket.put("b", "old");
    OpenFile reader = mount.open("b");
    rename("a", "b");
    assertErrno(Errno.ESTALE, () -> mount.read(reader, 0, 10));
    mount.close(reader);
    assertEquals("new", mount.read(mount.open("b"), 0, 10));
  }

  @Test
  void kindsMustFit() throws Exception {
    mount.bucket.put("a", "file");
    mount.bucket.put("d/x", "in a directory");
    assertErrno(Errno.EISDIR, () -> rename("a", "d"));
    assertErrno(Errno.ENOTDIR, () -> rename("d", "a"));
    assertErrno(Errno.ENOENT, () -> rename("missing", "b"));
    rename("a", "a");
    assertEquals("file", stored("a"));
  }

  @Test
  void aFileStillOpenIsStoredUnderItsNewNameWithoutACopy() throws Exception {
    OpenFile file = mount.create("a");
    mount.write(file, 0, "one ");
    rename("a", "b");
    assertErrno(Errno.ENOENT, () -> mount.lookup("a"));
    assertEquals(4, mount.lookup("b").attributes().size());
    mount.write(file, 4, "two");
    mount.bucket.resetCounts();
    mount.close(file);
    assertEquals("one two", stored("b"));
    assertEquals(1, mount.count(Operation.PUT));
    assertEquals(1, mount.requests());
    assertEquals(List.of("b"), mount.bucket.keys());
  }

  @Test
  void aFileStreamedInPartIsCopiedOnceWhenItIsClosed() throws Exception {
    byte[] bytes = random(4 * MIB, 2);
    OpenFile file = mount.create("a");
    mount.writeAll(file, bytes);
    rename("a", "b");
    // Its parts are on their way to the old key: nobody else may have that name.
    assertErrno(Errno.EBUSY, () -> mount.create("a"));
    assertErrno(Errno.ENOENT, () -> mount.lookup("a"));
    mount.close(file);
    assertArrayEquals(bytes, mount.stored("b"));
    assertEquals(List.of("b"), mount.bucket.keys());
    assertEquals(1, mount.count(Operation.COPY));
    assertEquals(0, mount.count(Operation.READ));
    mount.store("a", random(10, 3));
    assertEquals(List.of("a", "b"), mount.names(ROOT));
  }

  @Test
  void aTemporaryFileReplacesItsTargetEvenWhileItIsOpen() throws Exception {
    mount.bucket.put("b", "old");
    OpenFile file = mount.create("a", O_WRONLY | O_CREAT | O_EXCL);
    mount.write(file, 0, "new");
    rename("a", "b");
    assertEquals("old", stored("b"));
    mount.close(file);
    assertEquals("new", stored("b"));
    assertEquals("new", mount.read(mount.open("b"), 0, 10));
  }

  @Test
  void aChangedFileThatIsRenamedLeavesNothingUnderItsFormerName() throws Exception {
    mount.bucket.put("a", "one");
    OpenFile file = mount.open("a", O_WRONLY | O_TRUNC);
    rename("a", "b");
    assertErrno(Errno.ENOENT, () -> mount.lookup("a"));
    assertEquals(List.of("b"), mount.names(ROOT));
    mount.write(file, 0, "two");
    mount.close(file);
    assertEquals(List.of("b"), mount.bucket.keys());
    assertEquals("two", stored("b"));
  }

  @Test
  void aFileRenamedThereAndBackIsOneObject() throws Exception {
    mount.bucket.put("a", "one");
    OpenFile file = mount.open("a", O_RDWR);
    mount.write(file, 3, "!");
    rename("a", "b");
    rename("b", "a");
    mount.close(file);
    assertEquals(List.of("a"), mount.bucket.keys());
    assertEquals("one!", stored("a"));
    mount.store("b", random(1, 1));
  }

  @Test
  void aFileRenamedAndThenRemovedLeavesNothing() throws Exception {
    mount.bucket.put("a", "one");
    mount.bucket.put("b", "two");
    OpenFile file = mount.open("a", O_RDWR);
    mount.write(file, 3, "!");
    rename("a", "b");
    mount.fs.unlink(CALLER, ROOT, "b");
    mount.close(file);
    assertEquals(List.of(), mount.bucket.keys());
  }

  @Test
  void aFileReplacedWhileItIsWrittenIsNotStored() throws Exception {
    OpenFile loser = mount.create("b");
    mount.write(loser, 0, "loser");
    mount.bucket.put("a", "winner");
    rename("a", "b");
    mount.close(loser);
    assertEquals("winner", stored("b"));
    assertEquals(List.of("b"), mount.bucket.keys());
  }

  @Test
  void aFileOpenedForWritingWhileItIsRenamedIsStoredUnderItsNewName() throws Exception {
    mount.store("a", Fixture.utf8("old"));
    long inode = mount.lookup("a").inode();
    HeldRequests copies = new HeldRequests(mount.bucket, Operation.COPY, 1);
    FutureTask<Boolean> renaming = copies.start(() -> rename("a", "b"));
    OpenFile file = mount.fs.open(CALLER, inode, O_RDWR);
    copies.done();
    assertTrue(renaming.get());
    mount.write(file, 0, "new");
    mount.close(file);
    assertEquals("new", stored("b"));
    assertEquals(List.of("b"), mount.bucket.keys());
  }

  @Test
  void aFileClosedWhileItsReplacementFailsIsStored() throws Exception {
    mount.store("a", random(MIB, 1));
    OpenFile file = mount.create("b");
    mount.write(file, 0, "kept");
    HeldRequests copies =
        new HeldRequests(
            mount.bucket,
            Operation.COPY,
            1,
            (operation, key) -> {
              throw new StorageException(Kind.ACCESS_DENIED, "no copies");
            });
    FutureTask<Boolean> renaming =
        copies.start(() -> assertErrno(Errno.EACCES, () -> rename("a", "b")));
    mount.close(file);
    copies.done();
    assertTrue(renaming.get());
    assertEquals("kept", stored("b"));
    assertArrayEquals(random(MIB, 1), mount.stored("a"));
  }

  @Test
  void whereTheStoreCannotCopyRenamingIsLeftToPrograms() throws Exception {
    mount.bucket.withdraw(Feature.COPY);
    mount.bucket.put("a", "one");
    mount.bucket.put("d/b", "two");
    assertErrno(Errno.EXDEV, () -> rename("a", "c"));
    assertErrno(Errno.EXDEV, () -> rename("d", "e"));
    assertEquals(List.of("a", "d/b"), mount.bucket.keys());
  }

  @Test
  void aRenameThatFailsChangesNothing() throws Exception {
    mount.bucket.put("a", "one");
    OpenFile written = mount.create("b");
    mount.write(written, 0, "two");
    mount.bucket.fail(Operation.COPY, Kind.ACCESS_DENIED);
    assertErrno(Errno.EACCES, () -> rename("a", "b"));
    mount.bucket.openGate();
    assertEquals("one", mount.read(mount.open("a"), 0, 10));
    mount.close(written);
    assertEquals("two", stored("b"));
  }

  @Test
  void aRenameWhoseFormerObjectCannotBeDeletedChangesNothing() throws Exception {
    mount.bucket.put("a", "one");
    OpenFile reader = mount.open("a");
    mount.bucket.fail(Operation.DELETE, Kind.ACCESS_DENIED);
    assertErrno(Errno.EACCES, () -> rename("a", "b"));
    mount.bucket.openGate();
    assertEquals("one", mount.read(reader, 0, 10));
    mount.close(reader);
    assertEquals("one", mount.read(mount.open("a"), 0, 10));
    // The copy could not be deleted either: it is shown, not hidden.
    assertEquals("one", mount.read(mount.open("b"), 0, 10));
  }

  @Test
  void aRenameThatNeverHearsOfItsDeletionKeepsTheCopy() throws Exception {
    mount.bucket.put("a", "one");
    mount.bucket.loseNextAnswer(Operation.DELETE);
    assertThrows(FuseException.class, () -> rename("a", "b"));
    assertEquals(List.of("b"), mount.bucket.keys());
    assertEquals("one", mount.read(mount.open("b"), 0, 10));
  }

  @Test
  void aWrittenFileWhoseFormerObjectCannotBeDeletedIsStoredWhereItIs() throws Exception {
    mount.bucket.put("a", "one");
    OpenFile file = mount.open("a", O_RDWR);
    mount.write(file, 3, " more");
    mount.bucket.fail(Operation.DELETE, Kind.ACCESS_DENIED);
    assertErrno(Errno.EACCES, () -> rename("a", "b"));
    mount.bucket.openGate();
    mount.close(file);
    assertEquals("one more", stored("a"));
    assertEquals("one more", mount.read(mount.open("a"), 0, 10));
  }
}
