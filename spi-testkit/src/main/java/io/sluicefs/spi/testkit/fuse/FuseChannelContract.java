// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.fuse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem.Operation;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What every FUSE channel must do, tried with real mounts of a {@link MemoryFileSystem} through the
 * Linux kernel and by programs of their own. A failure of a random test names its seed, and {@code
 * -Dsluice.seed=…} repeats it.
 *
 * <p>Needs root or fusermount, /dev/fuse, coreutils and python3.
 */
public abstract class FuseChannelContract extends WholeProtocolSuite {
  /** For suites of a channel. */
  protected FuseChannelContract() {}

  @Test
  void writesWhatIsWritten() throws Exception {
    assumeTrue(carriesChanges(), "the channel carries no changes");
    byte[] bytes = Pattern.bytes(30, 0, 3 * MIB + 77);
    try (MountedFileSystem mounted = mount()) {
      Path file = mounted.path("file");
      Files.write(file, bytes);
      assertArrayEquals(bytes, files.bytes("file"));
      assertArrayEquals(bytes, Files.readAllBytes(file));
      Files.write(file, new byte[] {1, 2, 3}, StandardOpenOption.APPEND);
      assertEquals(bytes.length + 3, files.bytes("file").length);
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(new byte[] {9, 9, 9}), 131_071);
        channel.force(true);
        channel.truncate(131_073);
      }
      byte[] changed = files.bytes("file");
      assertEquals(131_073, changed.length);
      assertArrayEquals(new byte[] {9, 9}, Arrays.copyOfRange(changed, 131_071, 131_073));
      assertArrayEquals(changed, Files.readAllBytes(file));
      assertTrue(files.count(Operation.FSYNC) > 0);
      Files.write(file, new byte[] {5});
      assertArrayEquals(new byte[] {5}, files.bytes("file"));
    }
  }

  @Test
  void anExclusiveCreationHappensOnce() throws Exception {
    assumeTrue(carriesChanges(), "the channel carries no changes");
    try (MountedFileSystem mounted = mount()) {
      String create = "os.open(p + '/lock', os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640)";
      assertEquals(0, Program.errno(create, mountpoint));
      assertEquals(Errno.EEXIST, Program.errno(create, mountpoint));
      assertEquals("640", Program.output("stat", "-c", "%a", mounted.path("lock").toString()));
    }
  }

  @Test
  void renamesFilesAndDirectories() throws Exception {
    assumeTrue(carriesChanges(), "the channel carries no changes");
    files.addFile("a/deep/file", FileContent.of(new byte[] {1}));
    files.addFile("target", FileContent.of(new byte[] {2}));
    try (MountedFileSystem mounted = mount()) {
      assertArrayEquals(new byte[] {1}, Files.readAllBytes(mounted.path("a/deep/file")));
      Files.move(mounted.path("a"), mounted.path("b"));
      assertFalse(Files.exists(mounted.path("a/deep/file")));
      assertArrayEquals(new byte[] {1}, Files.readAllBytes(mounted.path("b/deep/file")));
      Program.output(
          "mv", mounted.path("b/deep/file").toString(), mounted.path("target").toString());
      assertArrayEquals(new byte[] {1}, Files.readAllBytes(mounted.path("target")));
      assertFalse(files.exists("b/deep/file"));
      Files.createDirectory(mounted.path("a"));
      assertFalse(Files.exists(mounted.path("a/deep")));
    }
  }

  @Test
  void anUnlinkedFileThatIsOpenStaysReadableAndLeavesNoName() throws Exception {
    assumeTrue(carriesChanges(), "the channel carries no changes");
    files.addFile("file", FileContent.of(Pattern.bytes(31, 0, 1000)));
    try (MountedFileSystem mounted = mount();
        FileChannel file =
            FileChannel.open(
                mounted.path("file"), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      Files.delete(mounted.path("file"));
      assertEquals("", Program.output("ls", "-A", mountpoint.toString()));
      assertArrayEquals(Pattern.bytes(31, 10, 100), read(file, 10, 100));
      file.write(ByteBuffer.wrap(new byte[] {7}), 2000);
      assertEquals(2001, file.size());
      file.truncate(5);
      assertEquals(5, file.size());
    }
  }

  @Test
  void makesAndRemovesDirectories() throws Exception {
    assumeTrue(carriesChanges(), "the channel carries no changes");
    try (MountedFileSystem mounted = mount()) {
      Files.createDirectories(mounted.path("x/y/z"));
      assertTrue(files.exists("x/y/z"));
      assertEquals(Errno.ENOTEMPTY, Program.errno("os.rmdir(p)", mounted.path("x")));
      assertEquals(Errno.EEXIST, Program.errno("os.mkdir(p)", mounted.path("x")));
      Program.output("rm", "-r", mounted.path("x").toString());
      assertFalse(files.exists("x"));
    }
  }

  @Test
  void makesSymbolicLinks() throws Exception {
    assumeTrue(carriesChanges(), "the channel carries no changes");
    try (MountedFileSystem mounted = mount()) {
      Files.createSymbolicLink(mounted.path("link"), Path.of("some where"));
      assertEquals("some where", Files.readSymbolicLink(mounted.path("link")).toString());
    }
  }

  @Test
  void changesAttributes() throws Exception {
    assumeTrue(carriesChanges(), "the channel carries no changes");
    files.addFile("file", FileContent.of(new byte[10]));
    try (MountedFileSystem mounted = mount()) {
      Path file = mounted.path("file");
      Program.output("chmod", "751", file.toString());
      Program.output("chown", "12:34", file.toString());
      Instant modified = Instant.parse("2001-02-03T04:05:06.789012345Z");
      Files.setLastModifiedTime(file, FileTime.from(modified));
      Program.output("touch", "-a", "-d", "1999-01-01", file.toString());
      Program.output("truncate", "-s", "5", file.toString());
      assertEquals("751 12 34 5", Program.output("stat", "-c", "%a %u %g %s", file.toString()));
      assertEquals(modified, Files.getLastModifiedTime(file).toInstant());
    }
  }

  @Test
  void carriesExtendedAttributes() throws Exception {
    assumeTrue(carriesChanges(), "the channel carries no changes");
    files.addFile("file", FileContent.of(new byte[10]));
    try (MountedFileSystem mounted = mount()) {
      String result =
          Program.python(
              """
              import os, sys
              p = sys.argv[1]
              print(os.listxattr(p))
              os.setxattr(p, 'user.one', b'1' * 5000)
              os.setxattr(p, 'user.two', b'')
              print(sorted(os.listxattr(p)), len(os.getxattr(p, 'user.one')), os.getxattr(p, 'user.two'))
              os.removexattr(p, 'user.one')
              print(os.listxattr(p))
              """,
              mounted.path("file"));
      assertEquals("[]\n['user.one', 'user.two'] 5000 b''\n['user.two']", result);
      assertEquals(
          Errno.ENODATA, Program.errno("os.getxattr(p, 'user.one')", mounted.path("file")));
    }
  }

  @Test
  void carriesFallocate() throws Exception {
    assumeTrue(carriesChanges(), "the channel carries no changes");
    files.addFile("file", FileContent.of(new byte[10]));
    try (MountedFileSystem mounted = mount()) {
      assertEquals(
          0,
          Program.errno(
              "os.posix_fallocate(os.open(p, os.O_RDWR), 5, 4000)", mounted.path("file")));
      assertEquals(4005, files.bytes("file").length);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Operation.class,
      names = {"WRITE", "FLUSH", "FSYNC"})
  void aWriteThatFailsIsReported(Operation failing) throws Exception {
    assumeTrue(carriesChanges(), "the channel carries no changes");
    try (MountedFileSystem mounted = mount()) {
      failWith(failing, Errno.ENOSPC);
      String statement =
          "fd = os.open(p, os.O_CREAT | os.O_WRONLY); os.write(fd, b'x'); "
              + (failing == Operation.FSYNC ? "os.fsync(fd)" : "os.close(fd)");
      assertEquals(Errno.ENOSPC, Program.errno(statement, mounted.path("file")));
    }
  }

  @Test
  void locksAreHonestWithinTheMount() throws Exception {
    assumeTrue(carriesChanges(), "the channel carries no changes");
    files.addFile("file", FileContent.of(new byte[10]));
    try (MountedFileSystem mounted = mount()) {
      String result =
          Program.python(
              """
              import errno, fcntl, os, sys
              results = []
              for lock in (fcntl.flock, fcntl.lockf):
                  held = open(sys.argv[1], 'r+b')
                  lock(held, fcntl.LOCK_EX)
                  child = os.fork()
                  if child == 0:
                      try:
                          lock(open(sys.argv[1], 'r+b'), fcntl.LOCK_EX | fcntl.LOCK_NB)
                          os._exit(0)
                      except OSError as e:
                          os._exit(1 if e.errno in (errno.EAGAIN, errno.EACCES) else 2)
                  results.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
                  held.close()
              print(results)
              """,
              mounted.path("file"));
      assertEquals("[1, 1]", result);
    }
  }
}
