// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import static io.sluicefs.kernel.fs.Fixture.CALLER;
import static io.sluicefs.kernel.fs.Fixture.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.fuse.AttributeChanges;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FileSystemStats;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class ReadOnlyTest {
  private static final long ROOT = FuseOperations.ROOT;
  private static final int EXECUTE = 1;
  private static final int WRITE = 2;
  private static final int READ = 4;

  private final Fixture mount = new Fixture();

  @AfterEach
  void close() {
    mount.close();
  }

  @Test
  void everyChangeIsRefusedWithErofsAndSendsNothing() {
    SluiceFileSystem fs = mount.fs;
    AttributeChanges changes = new AttributeChanges(0600, null, null, null, null);
    List<Executable> calls =
        List.of(
            () -> fs.setattr(CALLER, ROOT, 0, changes),
            () -> fs.create(CALLER, ROOT, "a", 0644, 1),
            () -> fs.write(CALLER, 1, 0, MemorySegment.NULL),
            () -> fs.mkdir(CALLER, ROOT, "a", 0755),
            () -> fs.symlink(CALLER, ROOT, "a", "b"),
            () -> fs.unlink(CALLER, ROOT, "a"),
            () -> fs.rmdir(CALLER, ROOT, "a"),
            () -> fs.rename(CALLER, ROOT, "a", ROOT, "b", 0),
            () -> fs.fallocate(CALLER, 1, 0, 0, 1),
            () -> fs.setxattr(CALLER, ROOT, "user.a", new byte[1], 0),
            () -> fs.removexattr(CALLER, ROOT, "user.a"));
    for (Executable call : calls) {
      assertErrno(Errno.EROFS, call);
    }
    assertEquals(0, mount.requests());
  }

  @Test
  void accessAllowsReadingAndRefusesWriting() throws Exception {
    mount.bucket.put("a", "one");
    long file = mount.lookup("a").inode();
    mount.fs.access(CALLER, file, READ);
    mount.fs.access(CALLER, ROOT, READ | EXECUTE);
    assertErrno(Errno.EROFS, () -> mount.fs.access(CALLER, file, READ | WRITE));
    assertErrno(Errno.EACCES, () -> mount.fs.access(CALLER, file, EXECUTE));
  }

  @Test
  void thereIsAlwaysRoom() {
    FileSystemStats stats = mount.fs.statfs(CALLER);
    assertEquals(1L << 50, stats.blocks() * stats.blockSize());
    assertTrue(stats.freeBlocks() > 0 && stats.freeFiles() > 0);
    assertEquals(255, stats.maxNameLength());
  }

  @Test
  void flushAndFsyncOfWhatIsReadSucceedAsThereIsNothingToWrite() throws Exception {
    mount.bucket.put("a", "one");
    OpenFile file = mount.open("a");
    mount.bucket.resetCounts();
    mount.fs.flush(CALLER, file.handle());
    mount.fs.fsync(CALLER, file.handle(), false);
    assertEquals(0, mount.requests());
    mount.fs.release(file.handle());
    assertErrno(Errno.EBADF, () -> mount.fs.flush(CALLER, file.handle()));
    assertErrno(Errno.EBADF, () -> mount.fs.fsync(CALLER, file.handle(), false));
  }
}
