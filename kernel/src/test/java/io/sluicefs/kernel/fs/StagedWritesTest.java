// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import static io.sluicefs.kernel.fs.Fixture.CALLER;
import static io.sluicefs.kernel.fs.Fixture.MIB;
import static io.sluicefs.kernel.fs.Fixture.NOTHING_KEPT;
import static io.sluicefs.kernel.fs.Fixture.O_APPEND;
import static io.sluicefs.kernel.fs.Fixture.O_RDWR;
import static io.sluicefs.kernel.fs.Fixture.O_TRUNC;
import static io.sluicefs.kernel.fs.Fixture.O_WRONLY;
import static io.sluicefs.kernel.fs.Fixture.SMALL_PARTS;
import static io.sluicefs.kernel.fs.Fixture.assertErrno;
import static io.sluicefs.kernel.fs.Fixture.random;
import static io.sluicefs.kernel.fs.Fixture.utf8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.kernel.staging.StagingArea;
import io.sluicefs.kernel.staging.StagingOptions;
import io.sluicefs.kernel.write.WriteOptions;
import io.sluicefs.spi.fuse.AttributeChanges;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.OpenFile;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are not written in order. */
class StagedWritesTest {
  private static final int SIZE = 8 * MIB;

  @TempDir Path temp;
  private final byte[] model = random(SIZE, 1);
  private Fixture mount;

  @BeforeEach
  void mount() throws IOException {
    mount = mounted(SMALL_PARTS, 64L * MIB);
  }

  @SuppressWarnings("MustBeClosedChecker") // the mount closes it
  private Fixture mounted(WriteOptions options, long maxSize) throws IOException {
    return Fixture.writable(
        StagingArea.open(
            new StagingOptions(temp.resolve("staging"), maxSize, 0), Path.of("/no/mountpoint")),
        options);
  }

  @AfterEach
  void close() {
    mount.close();
    assertEquals(0, mount.bucket.pendingUploads());
  }

  private void change(int offset, byte[] bytes) {
    System.arraycopy(bytes, 0, model, offset, bytes.length);
  }

  @Test
  void bytesWrittenInAnyOrderBecomeOneObject() throws Exception {
    OpenFile file = mount.create("a");
    int piece = 512 << 10;
    for (int i : new int[] {7, 3, 15, 0, 1, 2, 14, 13, 4, 5, 6, 12, 11, 10, 9, 8}) {
      mount.write(file, (long) i * piece, Arrays.copyOfRange(model, i * piece, (i + 1) * piece));
    }
    mount.close(file);
    assertArrayEquals(model, mount.stored("a"));
    assertEquals(0, mount.count(Operation.READ));
  }

  @Test
  void appendingToALargeObjectDownloadsNothing() throws Exception {
    mount.bucket.put("a", model);
    OpenFile file = mount.open("a", O_WRONLY | O_APPEND);
    mount.bucket.resetCounts();
    mount.write(file, SIZE, "more");
    mount.close(file);
    assertArrayEquals(model, Arrays.copyOf(mount.stored("a"), SIZE));
    assertEquals(SIZE + 4, mount.stored("a").length);
    assertEquals(0, mount.count(Operation.READ));
    assertEquals(1, mount.count(Operation.UPLOAD_PART));
    assertTrue(mount.count(Operation.COPY_PART) > 0);
  }

  @Test
  void aSmallChangeInALargeObjectSendsOnlyWhereItIs() throws Exception {
    mount.bucket.put("a", model);
    OpenFile file = mount.open("a", O_RDWR);
    mount.bucket.resetCounts();
    mount.write(file, 5 * MIB + 100, "changed");
    mount.close(file);
    change(5 * MIB + 100, utf8("changed"));
    assertArrayEquals(model, mount.stored("a"));
    assertEquals(1, mount.count(Operation.UPLOAD_PART));
    assertEquals(2, mount.count(Operation.COPY_PART));
    assertTrue(mount.bucket.readBytes() < MIB, () -> "read " + mount.bucket.readBytes());
  }

  @Test
  void aSmallObjectThatChangesIsReadOnceAndPutOnce() throws Exception {
    mount.bucket.put("a", "hello world");
    OpenFile file = mount.open("a", O_RDWR);
    mount.bucket.resetCounts();
    mount.write(file, 6, "there");
    mount.close(file);
    assertEquals("hello there", mount.text("a"));
    assertEquals(1, mount.count(Operation.READ));
    assertEquals(1, mount.count(Operation.PUT));
    assertEquals(2, mount.requests());
  }

  @Test
  void truncatingAtOpenDownloadsNothing() throws Exception {
    mount.bucket.put("a", model);
    OpenFile file = mount.open("a", O_WRONLY | O_TRUNC);
    mount.write(file, 0, "new");
    mount.bucket.resetCounts();
    mount.close(file);
    assertEquals("new", mount.text("a"));
    assertEquals(1, mount.requests());
  }

  @Test
  void aFileIsCutAndExtendedAnywhereOpenOrNot() throws Exception {
    mount.bucket.put("a", model);
    long inode = mount.lookup("a").inode();
    truncate(inode, 3 * MIB + 5);
    assertArrayEquals(Arrays.copyOf(model, 3 * MIB + 5), mount.stored("a"));
    truncate(inode, 4L * MIB);
    byte[] extended = Arrays.copyOf(Arrays.copyOf(model, 3 * MIB + 5), 4 * MIB);
    assertArrayEquals(extended, mount.stored("a"));
    OpenFile file = mount.open("a", O_RDWR);
    mount.fs.setattr(
        CALLER, inode, file.handle(), new AttributeChanges(null, null, null, 10L, null));
    assertEquals(10, mount.fs.getattr(CALLER, inode).attributes().size());
    assertEquals(4 * MIB, mount.stored("a").length);
    mount.close(file);
    assertArrayEquals(Arrays.copyOf(model, 10), mount.stored("a"));
    truncate(inode, 0);
    assertEquals(0, mount.stored("a").length);
  }

  private void truncate(long inode, long size) throws Exception {
    mount.fs.setattr(CALLER, inode, 0, new AttributeChanges(null, null, null, size, null));
  }

  @Test
  void aChangeThatIsUndoneSendsNothing() throws Exception {
    mount.bucket.put("a", model);
    OpenFile file = mount.open("a", O_RDWR);
    mount.write(file, SIZE, "appended");
    mount.bucket.resetCounts();
    AttributeChanges cut = new AttributeChanges(null, null, null, (long) SIZE, null);
    long inode = mount.fs.setattr(CALLER, mount.lookup("a").inode(), file.handle(), cut).inode();
    mount.close(file);
    assertEquals(0, mount.requests());
    assertEquals(SIZE, mount.fs.getattr(CALLER, inode).attributes().size());
    assertArrayEquals(model, mount.readAll(mount.open("a"), SIZE));
  }

  @Test
  void severalWritersOfOneFileShareIt() throws Exception {
    OpenFile first = mount.create("a");
    mount.writeAll(first, Arrays.copyOf(model, 3 * MIB));
    OpenFile second = mount.open("a", O_RDWR);
    byte[] over = random(100, 2);
    mount.write(second, MIB - 50, over);
    change(MIB - 50, over);
    assertArrayEquals(
        Arrays.copyOfRange(model, MIB - 100, MIB + 100), mount.readBytes(second, MIB - 100, 200));
    mount.write(first, 3L * MIB, Arrays.copyOfRange(model, 3 * MIB, 3 * MIB + 10));
    mount.close(first);
    assertArrayEquals(Arrays.copyOf(model, 3 * MIB + 10), mount.stored("a"));
    mount.write(second, 0, over);
    change(0, over);
    mount.close(second);
    assertArrayEquals(Arrays.copyOf(model, 3 * MIB + 10), mount.stored("a"));
  }

  @Test
  void aDownloadGoesOnWhereItWasCutOff() throws Exception {
    mount.store("a", Arrays.copyOf(model, 3 * MIB + 7));
    mount.bucket.resetCounts();
    OpenFile file = mount.open("a", O_RDWR | O_APPEND);
    assertArrayEquals(Arrays.copyOf(model, 3 * MIB), mount.readAll(file, 3 * MIB));
    for (int at = 3 * MIB + 7; at < SIZE; at += 100_000) {
      mount.write(file, at, Arrays.copyOfRange(model, at, Math.min(SIZE, at + 100_000)));
    }
    mount.close(file);
    assertArrayEquals(model, mount.stored("a"));
    assertEquals(0, mount.count(Operation.READ));
  }

  @Test
  void bytesStreamedAndForgottenAreReplacedAfterTheyAreStored() throws Exception {
    mount.close();
    mount = mounted(NOTHING_KEPT, 64L * MIB);
    OpenFile file = mount.create("a");
    mount.writeAll(file, model);
    byte[] over = random(1000, 3);
    mount.write(file, 2 * MIB - 500, over);
    mount.close(file);
    change(2 * MIB - 500, over);
    assertArrayEquals(model, mount.stored("a"));
    // As it was streamed, then as it is.
    assertEquals(2, mount.count(Operation.COMPLETE_UPLOAD));
  }

  @Test
  void aFullStagingFolderIsEnospcAndWhatFitIsStored() throws Exception {
    mount.close();
    mount = mounted(SMALL_PARTS, MIB);
    mount.bucket.put("a", model);
    OpenFile file = mount.open("a", O_RDWR);
    byte[] over = random(600 << 10, 4);
    mount.write(file, 0, over);
    assertErrno(Errno.ENOSPC, () -> mount.write(file, 4L * MIB, over));
    mount.close(file);
    change(0, over);
    assertArrayEquals(model, mount.stored("a"));
  }

  @Test
  void whatIsAllocatedAheadReadsAsZerosAndIsStoredSo() throws Exception {
    OpenFile file = mount.create("a", O_RDWR | Fixture.O_CREAT);
    mount.fs.fallocate(CALLER, file.handle(), 0, 0, 2L * MIB + 5);
    assertEquals(2 * MIB + 5, mount.lookup("a").attributes().size());
    mount.write(file, 0, "start");
    mount.fs.fallocate(CALLER, file.handle(), 1, 0, 9L * MIB);
    assertErrno(Errno.ENOTSUP, () -> mount.fs.fallocate(CALLER, file.handle(), 3, 0, 5));
    mount.close(file);
    byte[] expected = Arrays.copyOf(utf8("start"), 2 * MIB + 5);
    assertArrayEquals(expected, mount.stored("a"));
  }
}
