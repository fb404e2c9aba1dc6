// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import static io.sluicefs.kernel.fs.Fixture.CALLER;
import static io.sluicefs.kernel.fs.Fixture.OPTIONS;
import static io.sluicefs.kernel.fs.Fixture.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.fuse.Entry;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;
import io.sluicefs.spi.fuse.ReadReply;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OpenAndReadTest {
  private static final long ROOT = FuseOperations.ROOT;
  private static final Duration TTL = OPTIONS.attributeTtl();
  private static final int BLOCK = SmallBlockCache.BLOCK_SIZE;

  private Fixture mount = new Fixture();

  @AfterEach
  void close() {
    mount.close();
  }

  @Test
  void whatIsReadIsWhatTheObjectHolds() throws Exception {
    String content = "0123456789".repeat(1000);
    mount.bucket.put("a", content);
    OpenFile file = mount.open("a");
    assertEquals(content, mount.read(file, 0, 10_000));
    assertEquals(content.substring(4000, 4200), mount.read(file, 4000, 200));
    assertEquals(content.substring(9990), mount.read(file, 9990, 4096));
    assertEquals("", mount.read(file, 10_000, 4096));
    assertEquals("", mount.read(file, 1L << 40, 4096));
    mount.fs.release(file.handle());
  }

  @Test
  void anEmptyObjectReadsAsAnEmptyFile() throws Exception {
    mount.bucket.put("a", "");
    OpenFile file = mount.open("a");
    assertEquals("", mount.read(file, 0, 4096));
    assertEquals(0, mount.bucket.count(Operation.READ));
  }

  @Test
  void openingAFileJustLookedUpCostsNoRequest() throws Exception {
    mount.bucket.put("a", "one");
    mount.open("a");
    assertEquals(1, mount.requests());
  }

  @Test
  void openingAFileKnownForLongAsksOnce() throws Exception {
    mount.bucket.put("a", "one");
    long inode = mount.lookup("a").inode();
    mount.pass(TTL);
    mount.bucket.resetCounts();
    mount.fs.open(CALLER, inode, 0);
    assertEquals(1, mount.bucket.count(Operation.HEAD));
    assertEquals(1, mount.requests());
  }

  @Test
  void anObjectOverwrittenWhileItIsReadGivesEstaleAndTheNextOpenReadsTheNewBytes()
      throws Exception {
    mount.bucket.put("a", "1".repeat(3 * BLOCK));
    long inode = mount.lookup("a").inode();
    OpenFile old = mount.fs.open(CALLER, inode, 0);
    assertEquals("1".repeat(BLOCK), mount.read(old, 0, BLOCK));
    mount.bucket.put("a", "2".repeat(4 * BLOCK));
    assertErrno(Errno.ESTALE, () -> mount.read(old, BLOCK, BLOCK));
    // The first open the Linux kernel sends names the old inode: ESTALE makes it look up again.
    assertErrno(Errno.ESTALE, () -> mount.fs.open(CALLER, inode, 0));
    Entry renewed = mount.lookup("a");
    assertNotEquals(inode, renewed.inode());
    assertEquals(4L * BLOCK, renewed.attributes().size());
    OpenFile fresh = mount.fs.open(CALLER, renewed.inode(), 0);
    assertEquals("2".repeat(4 * BLOCK), mount.read(fresh, 0, 4 * BLOCK));
    // The old handle goes on to say so, and never mixes.
    assertErrno(Errno.ESTALE, () -> mount.read(old, 2L * BLOCK, BLOCK));
    assertEquals("1".repeat(BLOCK), mount.read(old, 0, BLOCK));
  }

  @Test
  void anObjectOverwrittenWhileItsDirectoryIsListedAfreshIsNotServedFromTheListing()
      throws Exception {
    mount.bucket.put("d/a", "1".repeat(2 * BLOCK));
    long directory = mount.lookup("d").inode();
    mount.list(directory);
    OpenFile old = mount.open("d/a");
    mount.bucket.put("d/a", "2".repeat(3 * BLOCK));
    assertErrno(Errno.ESTALE, () -> mount.read(old, 0, BLOCK));
    assertEquals(3L * BLOCK, mount.lookup(directory, "a").attributes().size());
  }

  @Test
  void anObjectDeletedWhileItIsReadGivesEstale() throws Exception {
    mount.bucket.put("a", "1".repeat(3 * BLOCK));
    OpenFile file = mount.open("a");
    mount.bucket.remove("a");
    assertErrno(Errno.ESTALE, () -> mount.read(file, 0, BLOCK));
    assertErrno(Errno.ENOENT, () -> mount.lookup("a"));
  }

  @Test
  void anOverwriteFoundAtOpenGivesEstaleSoThatTheNameIsLookedUpAgain() throws Exception {
    mount.bucket.put("a", "one");
    long inode = mount.lookup("a").inode();
    mount.bucket.put("a", "three");
    mount.pass(TTL);
    assertErrno(Errno.ESTALE, () -> mount.fs.open(CALLER, inode, 0));
    assertEquals("three", mount.read(mount.open("a"), 0, 100));
    assertEquals(1, mount.fs.openFiles());
  }

  @Test
  void attributesOfAnOpenFileAreThoseOfTheVersionThatIsOpen() throws Exception {
    mount.bucket.put("a", "one");
    long inode = mount.lookup("a").inode();
    OpenFile file = mount.fs.open(CALLER, inode, 0);
    mount.bucket.put("a", "three");
    mount.pass(TTL.multipliedBy(3));
    mount.bucket.resetCounts();
    assertEquals(3, mount.fs.getattr(CALLER, inode).attributes().size());
    assertEquals(0, mount.requests());
    assertEquals(5, mount.lookup("a").attributes().size());
    assertEquals(3, mount.fs.getattr(CALLER, inode).attributes().size());
    mount.fs.release(file.handle());
    assertErrno(Errno.ESTALE, () -> mount.fs.getattr(CALLER, inode));
  }

  @Test
  void thePageCacheIsKeptOnlyForTheVersionThatFilledIt() throws Exception {
    mount.bucket.put("a", "one");
    assertFalse(mount.open("a").keepCache());
    assertTrue(mount.open("a").keepCache());
    mount.pass(TTL);
    assertTrue(mount.open("a").keepCache());
    mount.bucket.put("a", "two");
    mount.pass(TTL);
    assertFalse(mount.open("a").keepCache());
    assertTrue(mount.open("a").keepCache());
  }

  @Test
  void thePageCacheIsKeptEvenIfTheLinuxKernelForgotTheNameInBetween() throws Exception {
    mount.bucket.put("a", "one");
    long inode = mount.lookup("a").inode();
    mount.fs.release(mount.fs.open(CALLER, inode, 0).handle());
    mount.fs.forget(inode, 1);
    assertTrue(mount.open("a").keepCache());
  }

  @Test
  void openingForWritingIsRefused() throws Exception {
    mount.bucket.put("a", "one");
    long inode = mount.lookup("a").inode();
    for (int flags : List.of(1, 2, 01000, 02000 | 1)) {
      assertErrno(Errno.EROFS, () -> mount.fs.open(CALLER, inode, flags));
    }
    assertErrno(Errno.EISDIR, () -> mount.fs.open(CALLER, ROOT, 0));
    assertEquals(0, mount.fs.openFiles());
  }

  @Test
  void failuresOfTheStoreBecomeErrnos() throws Exception {
    mount.bucket.put("a", "1".repeat(BLOCK));
    OpenFile file = mount.open("a");
    Map<Kind, Integer> expected =
        Map.ofEntries(
            Map.entry(Kind.NOT_FOUND, Errno.ESTALE),
            Map.entry(Kind.PRECONDITION_FAILED, Errno.ESTALE),
            Map.entry(Kind.ACCESS_DENIED, Errno.EACCES),
            Map.entry(Kind.BAD_CREDENTIALS, Errno.EACCES),
            Map.entry(Kind.TIMEOUT, Errno.ETIMEDOUT),
            Map.entry(Kind.CANCELLED, Errno.EINTR),
            Map.entry(Kind.UNSUPPORTED, Errno.ENOTSUP),
            Map.entry(Kind.NO_SUCH_BUCKET, Errno.EIO),
            Map.entry(Kind.ALREADY_EXISTS, Errno.EEXIST),
            Map.entry(Kind.INVALID_REQUEST, Errno.EIO),
            Map.entry(Kind.THROTTLED, Errno.EIO),
            Map.entry(Kind.SERVER_ERROR, Errno.EIO),
            Map.entry(Kind.UNREACHABLE, Errno.EIO),
            Map.entry(Kind.CORRUPT, Errno.EIO));
    assertEquals(Kind.values().length, expected.size());
    for (Map.Entry<Kind, Integer> each : expected.entrySet()) {
      mount.bucket.fail(Operation.READ, each.getKey());
      assertErrno(each.getValue(), () -> mount.read(file, 0, 10));
    }
    mount.bucket.openGate();
    assertEquals("1111", mount.read(file, 0, 4));
  }

  @Test
  void handlesEndWithReleaseAndNeverLeadToAnotherFile() throws Exception {
    mount.bucket.put("a", "one");
    mount.bucket.put("b", "two");
    OpenFile first = mount.open("a");
    mount.fs.release(first.handle());
    mount.fs.release(first.handle());
    OpenFile second = mount.open("b");
    assertNotEquals(first.handle(), second.handle());
    assertErrno(Errno.EBADF, () -> mount.read(first, 0, 3));
    assertErrno(
        Errno.EBADF, () -> mount.fs.readIfPresent(CALLER, first.handle(), 0, 3, new ReadReply()));
    assertEquals("two", mount.read(second, 0, 3));
  }

  @Test
  void closingTheFileSystemClosesWhatIsOpen() throws Exception {
    mount.bucket.put("d/a", "one");
    mount.open("d/a");
    mount.open("d/a");
    mount.opendir(mount.lookup("d").inode());
    assertEquals(2, mount.cache.attached());
    mount.fs.close();
    assertEquals(0, mount.fs.openFiles());
    assertEquals(0, mount.fs.openDirectories());
    assertEquals(0, mount.cache.attached());
  }
}
