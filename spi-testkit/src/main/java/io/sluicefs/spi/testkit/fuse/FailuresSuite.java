// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.fuse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem.Operation;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a FUSE channel must do when an operation fails, or waits. */
abstract class FailuresSuite extends NamesSuite {
  @ParameterizedTest
  @ValueSource(
      ints = {
        Errno.EPERM,
        Errno.EIO,
        Errno.EAGAIN,
        Errno.EACCES,
        Errno.EBUSY,
        Errno.ENOSPC,
        Errno.ETIMEDOUT,
        Errno.ESTALE
      })
  void anErrnoReachesWhoeverAsked(int errno) throws Exception {
    files.addFile("file", FileContent.pattern(0, 10));
    try (MountedFileSystem mounted = mount()) {
      failWith(Operation.OPEN, errno);
      assertEquals(errno, Program.errno("os.open(p, os.O_RDONLY)", mounted.path("file")));
      failWith(Operation.READ, errno);
      assertEquals(
          errno, Program.errno("os.read(os.open(p, os.O_RDONLY), 10)", mounted.path("file")));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Operation.class,
      names = {"LOOKUP", "OPEN", "READ", "OPENDIR", "READDIR", "STATFS", "READLINK"})
  void anExceptionBecomesAnInputOutputError(Operation failing) throws Exception {
    files.addFile("file", FileContent.pattern(0, 10));
    files.addSymlink("link", "file");
    files.addDirectory("dir");
    try (MountedFileSystem mounted = mount()) {
      String statement =
          switch (failing) {
            case LOOKUP -> "os.stat(p + '/file')";
            case OPEN -> "os.open(p + '/file', os.O_RDONLY)";
            case READ -> "os.read(os.open(p + '/file', os.O_RDONLY), 10)";
            case OPENDIR, READDIR -> "os.listdir(p + '/dir')";
            case STATFS -> "os.statvfs(p)";
            default -> "os.readlink(p + '/link')";
          };
      for (Throwable thrown :
          List.of(new IllegalStateException("on purpose"), new StackOverflowError("on purpose"))) {
        files.intercept(
            (operation, caller, inode, name) -> {
              if (operation == failing) {
                sneak(thrown);
              }
            });
        assertEquals(Errno.EIO, Program.errno(statement, mounted.mountpoint()));
      }
      files.intercept((operation, caller, inode, name) -> {});
      assertEquals(0, Program.errno(statement, mounted.mountpoint()), "the session goes on");
    }
  }

  @Test
  void aReadThatFailsHalfwayIsNoShortFile() throws Exception {
    int size = 4 * MIB;
    files.addFile("file", FileContent.pattern(15, size));
    try (MountedFileSystem mounted = mount()) {
      CountDownLatch passing = new CountDownLatch(3);
      files.intercept(
          (operation, caller, inode, name) -> {
            if (operation == Operation.READ) {
              if (passing.getCount() == 0) {
                throw new IllegalStateException("on purpose");
              }
              passing.countDown();
            }
          });
      Program.Result cat = Program.run("cat", mounted.path("file").toString());
      assertNotEquals(0, cat.status());
      assertTrue(cat.output().length < size);
      assertArrayEquals(Pattern.bytes(15, 0, cat.output().length), cat.output());
    }
  }

  @Test
  void aReadOnlyMountRefusesChanges() throws Exception {
    files.addFile("file", FileContent.of(new byte[10]));
    try (MountedFileSystem mounted =
        MountedFileSystem.mount(provider(), settings(), options(true), files)) {
      assertEquals(Errno.EROFS, Program.errno("os.mkdir(p + '/new')", mounted.mountpoint()));
      assertEquals(
          Errno.EROFS, Program.errno("os.open(p + '/file', os.O_RDWR)", mounted.mountpoint()));
      assertEquals(Errno.EROFS, Program.errno("os.unlink(p + '/file')", mounted.mountpoint()));
    }
    assertEquals(0, files.count(Operation.MKDIR));
  }

  @Test
  void anOperationTheFileSystemLacksIsRefusedCleanly() throws Exception {
    files.addFile("file", FileContent.of(new byte[10]));
    try (MountedFileSystem mounted = mount()) {
      Set<Operation> lacking =
          Set.of(
              Operation.MKDIR,
              Operation.SYMLINK,
              Operation.CREATE,
              Operation.RENAME,
              Operation.FALLOCATE,
              Operation.XATTR,
              Operation.ACCESS);
      files.intercept(
          (operation, caller, inode, name) -> {
            if (lacking.contains(operation)) {
              throw new FuseException(Errno.ENOSYS);
            }
          });
      Set<Integer> clean = Set.of(Errno.ENOSYS, Errno.ENOTSUP, Errno.EPERM, Errno.EROFS);
      for (String statement :
          List.of(
              "os.mkdir(p + '/new')",
              "os.symlink('file', p + '/new')",
              "os.link(p + '/file', p + '/new')",
              "os.mkfifo(p + '/new')",
              "open(p + '/new', 'wb')",
              "os.rename(p + '/file', p + '/new')",
              "os.setxattr(p + '/file', 'user.a', b'1')",
              "os.getxattr(p + '/file', 'user.a')")) {
        int errno = Program.errno(statement, mounted.mountpoint());
        assertTrue(clean.contains(errno), statement + ": errno " + errno);
      }
      assertEquals(0, Program.errno("os.access(p + '/file', os.R_OK)", mounted.mountpoint()));
      assertEquals("file", Program.output("ls", mounted.mountpoint().toString()));
    }
  }

  private static void sneak(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    throw (RuntimeException) thrown;
  }

  @Test
  void aRequestThatWaitsHoldsNobodyElseUp() throws Exception {
    files.addFile("slow", FileContent.pattern(0, 10));
    files.addFile("quick", FileContent.pattern(1, 10));
    CountDownLatch waiting = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    try (MountedFileSystem mounted = mount()) {
      files.intercept(
          (operation, caller, inode, name) -> {
            if (operation == Operation.READ && waiting.getCount() == 1) {
              waiting.countDown();
              awaitOrInterrupt(released);
            }
          });
      Process slow = Program.start("cat", mounted.path("slow").toString());
      waiting.await();
      assertArrayEquals(Pattern.bytes(1, 0, 10), Files.readAllBytes(mounted.path("quick")));
      assertTrue(slow.isAlive());
      released.countDown();
      assertEquals(0, slow.waitFor());
    }
  }

  @Test
  void aCallerThatIsKilledInterruptsItsRequest() throws Exception {
    assumeTrue(interruptsRequests(), "the channel does not interrupt requests");
    files.addFile("file", FileContent.pattern(0, 10));
    CountDownLatch waiting = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    // Whoever reads through the page cache waits for the page, not for the request.
    files.directIo(true);
    try (MountedFileSystem mounted = mount()) {
      files.intercept(
          (operation, caller, inode, name) -> {
            if (operation == Operation.READ) {
              waiting.countDown();
              try {
                awaitOrInterrupt(new CountDownLatch(1));
              } finally {
                interrupted.countDown();
              }
            }
          });
      Process reader = Program.start("cat", mounted.path("file").toString());
      waiting.await();
      reader.destroyForcibly();
      assertTrue(interrupted.await(PATIENCE.toSeconds(), TimeUnit.SECONDS));
      reader.waitFor();
      files.intercept((operation, caller, inode, name) -> {});
      assertArrayEquals(Pattern.bytes(0, 0, 10), Files.readAllBytes(mounted.path("file")));
    }
  }
}
