// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import static io.sluicefs.kernel.fs.Fixture.CALLER;
import static io.sluicefs.kernel.fs.Fixture.O_RDWR;
import static io.sluicefs.kernel.fs.Fixture.assertErrno;
import static io.sluicefs.kernel.fs.Fixture.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.fuse.AttributeChanges;
import io.sluicefs.spi.fuse.Attributes;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Modes, owners, times, extended attributes, and what else is done to a file by its handle. */
class AttributeChangesTest {
  private static final long ROOT = FuseOperations.ROOT;
  private static final Instant THEN = Instant.parse("2020-02-02T02:02:02.222Z");
  private static final AttributeChanges OWNER = new AttributeChanges(0600, 12, 34, null, null);
  private static final AttributeChanges TIME = new AttributeChanges(null, null, null, null, THEN);

  private Fixture mount = Fixture.writable(null);

  @AfterEach
  void close() {
    mount.close();
  }

  private Attributes attributes(String path) throws FuseException {
    return mount.lookup(path).attributes();
  }

  private void set(long inode, long handle, AttributeChanges changes) throws FuseException {
    assertEquals(inode, mount.fs.setattr(CALLER, inode, handle, changes).inode());
  }

  @Test
  void modesAndOwnersAreAcceptedAndNotShown() throws Exception {
    mount.bucket.put("a", "one");
    Attributes before = attributes("a");
    mount.bucket.resetCounts();
    set(before.inode(), 0, OWNER);
    set(ROOT, 0, OWNER);
    assertEquals(0, mount.requests());
    assertEquals(before.mode(), attributes("a").mode());
    assertEquals(before.uid(), attributes("a").uid());
  }

  @Test
  void aTimeThatIsSetIsShownUntilTheFileIsWrittenAgain() throws Exception {
    mount.store("a", random(10, 1));
    long inode = mount.lookup("a").inode();
    mount.bucket.resetCounts();
    set(inode, 0, TIME);
    assertEquals(THEN, attributes("a").modified());
    assertEquals(0, mount.requests());
    OpenFile file = mount.open("a", O_RDWR);
    mount.write(file, 0, "new");
    assertTrue(attributes("a").modified().isAfter(THEN));
    // As cp -p does it: before the file is closed.
    set(inode, file.handle(), TIME);
    mount.close(file);
    assertEquals(THEN, attributes("a").modified());
  }

  @Test
  void whereAttributesAreKeptTheyAreInTheMetadataOfTheObject() throws Exception {
    mount.close();
    mount = Fixture.keepingAttributes();
    OpenFile file = mount.create("a");
    mount.write(file, 0, "one");
    long inode = mount.lookup("a").inode();
    set(inode, file.handle(), OWNER);
    set(inode, file.handle(), TIME);
    mount.bucket.resetCounts();
    mount.close(file);
    assertEquals(1, mount.requests());
    assertEquals(Integer.toString(0100600), mount.bucket.head("a").metadata().get("mode"));
    assertEquals(0600, attributes("a").mode() & 07777);
    assertEquals(12, attributes("a").uid());
    assertEquals(THEN, attributes("a").modified());
    // Once it is stored, a change is a copy of the object onto itself.
    mount.bucket.resetCounts();
    set(inode, 0, new AttributeChanges(0640, null, null, null, null));
    assertEquals(1, mount.count(Operation.COPY));
    assertEquals(Integer.toString(0100640), mount.bucket.head("a").metadata().get("mode"));
    mount.pass(Fixture.OPTIONS.attributeTtl());
    assertEquals(0640, attributes("a").mode() & 07777);
  }

  @Test
  void whereAttributesAreKeptAListedFileIsOneRequestMore() throws Exception {
    mount.close();
    mount = Fixture.keepingAttributes();
    for (int i = 0; i < 10; i++) {
      mount.bucket.put("a" + i, "text");
    }
    assertEquals(10, mount.names(ROOT).size());
    mount.bucket.resetCounts();
    for (int i = 0; i < 10; i++) {
      assertEquals(4, mount.lookup("a" + i).attributes().size());
    }
    assertEquals(10, mount.count(Operation.HEAD));
    assertEquals(10, mount.requests());
    // What was listed is not what is there any more.
    mount.bucket.put("b", "text");
    assertEquals(11, mount.names(ROOT).size());
    mount.bucket.put("b", "longer text");
    assertEquals(11, mount.lookup("b").attributes().size());
  }

  @Test
  void whatRunsWithItsOwnersRightsLosesThemInTheStoreToo() throws Exception {
    mount.close();
    mount = Fixture.keepingAttributes();
    mount.store("a", random(10, 1));
    long inode = mount.lookup("a").inode();
    for (int[] modes : new int[][] {{06755, 0755}, {06745, 02745}, {0644, 0644}}) {
      set(inode, 0, new AttributeChanges(modes[0], null, null, null, null));
      assertEquals(modes[1], mount.fs.removePrivileges(CALLER, inode).attributes().mode() & 07777);
      assertEquals(
          Integer.toString(0100000 | modes[1]), mount.bucket.head("a").metadata().get("mode"));
    }
    assertTrue(mount.fs.removePrivileges(CALLER, ROOT).attributes().isDirectory());
  }

  @Test
  void whatTheStoreKnowsIsReadAsExtendedAttributes() throws Exception {
    mount.bucket.put("a", "one");
    long inode = mount.lookup("a").inode();
    assertEquals(mount.bucket.head("a").id().etag(), attribute(inode, "user.sluice.etag"));
    assertEquals("a", attribute(inode, "user.sluice.key"));
    assertEquals("0", attribute(inode, "user.sluice.cached-bytes"));
    assertEquals(4, mount.fs.listxattr(CALLER, inode).size());
    for (String name : mount.fs.listxattr(CALLER, inode)) {
      byte[] _ = mount.fs.getxattr(CALLER, inode, name);
    }
    assertEquals(List.of("user.sluice.key"), mount.fs.listxattr(CALLER, ROOT));
    assertErrno(Errno.ENODATA, () -> attribute(ROOT, "user.sluice.etag"));
    assertErrno(Errno.ENODATA, () -> attribute(inode, "user.sluice.else"));
  }

  private String attribute(long inode, String name) throws FuseException {
    return new String(mount.fs.getxattr(CALLER, inode, name), StandardCharsets.UTF_8);
  }

  @Test
  void allOtherExtendedAttributesAreRefused() {
    assertErrno(Errno.ENOTSUP, () -> attribute(ROOT, "user.a"));
    assertErrno(Errno.ENOTSUP, () -> attribute(ROOT, "security.capability"));
    assertErrno(Errno.ENOTSUP, () -> mount.fs.setxattr(CALLER, ROOT, "user.a", new byte[1], 0));
    assertErrno(Errno.ENOTSUP, () -> mount.fs.removexattr(CALLER, ROOT, "user.a"));
  }

  @Test
  void copyingAWholeFileByItsHandleIsOneCopyWithinTheStore() throws Exception {
    mount.bucket.put("a", random(100_000, 2));
    OpenFile from = mount.open("a");
    OpenFile to = mount.create("b");
    mount.bucket.resetCounts();
    long copied = mount.fs.copyFileRange(CALLER, from.handle(), 0, to.handle(), 0, 1L << 30, 0);
    assertEquals(100_000, copied);
    mount.close(to);
    assertEquals(1, mount.count(Operation.COPY));
    assertEquals(1, mount.requests());
    assertArrayEquals(random(100_000, 2), mount.stored("b"));
    mount.close(from);
  }

  @Test
  void copyingPartOfAFileIsLeftToLinux() throws Exception {
    mount.bucket.put("a", "content");
    OpenFile from = mount.open("a");
    OpenFile to = mount.create("b");
    assertErrno(Errno.ENOTSUP, () -> copy(from, 1, to, 3));
    mount.write(to, 0, "x");
    assertErrno(Errno.ENOTSUP, () -> copy(from, 0, to, 7));
    mount.close(to);
    mount.close(from);
  }

  private void copy(OpenFile from, long offset, OpenFile to, long length) throws FuseException {
    long _ = mount.fs.copyFileRange(CALLER, from.handle(), offset, to.handle(), 0, length, 0);
  }

  @Test
  void aFileIsDataToItsEnd() throws Exception {
    mount.bucket.put("a", "content");
    OpenFile file = mount.open("a");
    assertEquals(3, mount.fs.lseek(CALLER, file.handle(), 3, 3));
    assertEquals(7, mount.fs.lseek(CALLER, file.handle(), 3, 4));
    assertErrno(Errno.ENXIO, () -> mount.fs.lseek(CALLER, file.handle(), 7, 3));
    mount.close(file);
  }
}
