// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import static io.sluicefs.kernel.fs.Fixture.CALLER;
import static io.sluicefs.kernel.fs.Fixture.MIB;
import static io.sluicefs.kernel.fs.Fixture.SMALL_PARTS;
import static io.sluicefs.kernel.fs.Fixture.assertErrno;
import static io.sluicefs.kernel.fs.Fixture.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Files written in order, without any staging folder. */
class StreamedWritesTest {
  private final Fixture mount = Fixture.writable(null, SMALL_PARTS);

  @AfterEach
  void close() {
    mount.close();
    assertEquals(0, mount.bucket.pendingUploads());
  }

  @Test
  void aSmallFileCostsOnePutAndAtMostOneListToCreate() throws Exception {
    // Linux looks a name up before it creates it.
    assertErrno(
        Errno.ENOENT, () -> assertNotNull(mount.fs.lookup(CALLER, FuseOperations.ROOT, "a")));
    assertEquals(1, mount.lists());
    mount.store("a", random(1000, 1));
    assertEquals(1, mount.lists());
    assertEquals(1, mount.count(Operation.PUT));
    assertEquals(2, mount.requests());
    assertArrayEquals(random(1000, 1), mount.stored("a"));
    assertEquals(1000, mount.lookup("a").attributes().size());
    assertEquals(2, mount.requests());
  }

  @Test
  void anEmptyFileIsOnePut() throws Exception {
    mount.close(mount.create("a"));
    assertEquals(1, mount.count(Operation.PUT));
    assertEquals(2, mount.requests());
    assertEquals(0, mount.stored("a").length);
  }

  @Test
  void aLargeFileIsOneUploadInPartsAndNothingElse() throws Exception {
    byte[] bytes = random(5 * MIB + 17, 2);
    mount.store("a", bytes);
    assertArrayEquals(bytes, mount.stored("a"));
    assertEquals(1, mount.count(Operation.START_UPLOAD));
    assertEquals(6, mount.count(Operation.UPLOAD_PART));
    assertEquals(1, mount.count(Operation.COMPLETE_UPLOAD));
    assertEquals(1, mount.lists());
    assertEquals(9, mount.requests());
  }

  @Test
  void nothingIsSeenUnderTheKeyBeforeTheFileIsClosed() throws Exception {
    OpenFile file = mount.create("a");
    mount.writeAll(file, random(3 * MIB, 3));
    assertFalse(mount.isStored("a"));
    assertEquals(3 * MIB, mount.lookup("a").attributes().size());
    mount.close(file);
    assertTrue(mount.isStored("a"));
  }

  @Test
  void aFileOpenWhenTheDaemonEndsLeavesNothingUnderItsKey() throws Exception {
    OpenFile streamed = mount.create("a");
    mount.writeAll(streamed, random(3 * MIB, 4));
    mount.write(mount.create("b"), 0, "not closed");
    mount.fs.close();
    assertEquals(0, mount.bucket.keys().size());
    assertEquals(0, mount.bucket.pendingUploads());
  }

  @Test
  void whatIsNotYetSentIsWrittenAnywhereWithoutStaging() throws Exception {
    OpenFile file = mount.create("a");
    mount.write(file, 10, "cd");
    mount.write(file, 0, "ab");
    mount.write(file, 2, "..");
    mount.close(file);
    assertEquals("ab..\0\0\0\0\0\0cd", mount.text("a"));
  }

  @Test
  void withoutStagingWhatIsNotWrittenInOrderIsRefusedAndTheRestStored() throws Exception {
    byte[] bytes = random(3 * MIB, 5);
    OpenFile file = mount.create("a");
    mount.writeAll(file, bytes);
    assertErrno(Errno.ENOTSUP, () -> mount.write(file, 0, "first"));
    assertErrno(Errno.ENOTSUP, () -> mount.write(file, 90L * MIB, "far"));
    mount.write(file, bytes.length, "last");
    mount.close(file);
    assertEquals(bytes.length + 4, mount.stored("a").length);
  }

  @Test
  void writingThroughAHandleThatOnlyReadsIsEbadf() throws Exception {
    mount.bucket.put("a", "one");
    OpenFile file = mount.open("a");
    assertErrno(Errno.EBADF, () -> mount.write(file, 0, "two"));
    mount.close(file);
  }
}
