// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.fuse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.fuse.Caller;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.MountOptions;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem.Operation;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a FUSE channel must carry of names and attributes. */
abstract class NamesSuite extends ReadingSuite {
  @Test
  void aDirectoryOf20000NamesIsListedCompletelyAndOnce() throws Exception {
    for (int i = 0; i < 20_000; i++) {
      files.addFile("dir/name-%05d".formatted(i), FileContent.pattern(i, i));
    }
    try (MountedFileSystem mounted = mount()) {
      List<String> listed;
      try (Stream<Path> all = Files.list(mounted.path("dir"))) {
        listed = all.map(path -> String.valueOf(path.getFileName())).toList();
      }
      assertEquals(20_000, listed.size());
      Set<String> names = new TreeSet<>(listed);
      assertEquals(20_000, names.size());
      assertTrue(names.contains("name-00000") && names.contains("name-19999"));
      assertEquals(20_000L, Program.output("ls", mounted.path("dir").toString()).lines().count());
    }
  }

  @Test
  void aDirectoryIsListedAgainFromItsStart() throws Exception {
    for (int i = 0; i < 3000; i++) {
      files.addFile("dir/" + i, FileContent.pattern(0, 0));
    }
    try (MountedFileSystem mounted = mount()) {
      String counts =
          Program.python(
              """
              import os, sys
              fd = os.open(sys.argv[1], os.O_RDONLY)
              first = os.listdir(fd)
              os.lseek(fd, 0, os.SEEK_SET)
              print(len(first), len(set(first + os.listdir(fd))))
              """,
              mounted.path("dir"));
      assertEquals("3000 3000", counts);
    }
  }

  @Test
  void listsDotAndDotDot() throws Exception {
    files.addDirectory("dir");
    try (MountedFileSystem mounted = mount()) {
      assertEquals(
          List.of(".", ".."),
          Program.output("ls", "-a", mounted.path("dir").toString()).lines().toList());
    }
  }

  @Test
  void carriesNamesOfEveryKind() throws Exception {
    List<String> names =
        List.of(
            "with space",
            " leading and trailing ",
            "new\nline",
            "quote'\"`$",
            "back\\slash",
            "comma,semicolon;",
            "-dash",
            "\u00fcml\u00e4ut-\u4e2d\u6587",
            "\ud83d\ude80",
            "replacement-\ufffd",
            "x".repeat(255),
            "\u4e2d".repeat(85));
    for (String name : names) {
      files.addFile("dir/" + name, FileContent.pattern(name.hashCode(), 100));
    }
    try (MountedFileSystem mounted = mount()) {
      List<String> listed =
          Program.python(
                  """
                  import hashlib, os, sys
                  d = os.fsencode(sys.argv[1])
                  for n in os.listdir(d):
                      p = os.path.join(d, n)
                      print(n.hex(), os.stat(p).st_size, hashlib.sha256(open(p, 'rb').read()).hexdigest())
                  """,
                  mounted.path("dir"))
              .lines()
              .sorted()
              .toList();
      List<String> expected = new ArrayList<>();
      for (String name : names) {
        String hex =
            HexFormat.of().formatHex(name.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        expected.add(hex + " 100 " + sha256(Pattern.bytes(name.hashCode(), 0, 100)));
      }
      assertEquals(expected.stream().sorted().toList(), listed);
    }
  }

  @Test
  void aNameThatIsNotUtf8IsAbsentAndCannotBeMade() throws Exception {
    files.addFile("\ufffd", FileContent.pattern(0, 1));
    try (MountedFileSystem mounted = mount()) {
      Path dir = mounted.mountpoint();
      assertEquals(Errno.ENOENT, Program.errno("os.stat(os.fsencode(p) + b'/\\xff')", dir));
      if (carriesChanges()) {
        assertEquals(Errno.EINVAL, Program.errno("os.mkdir(os.fsencode(p) + b'/\\xc3')", dir));
        assertEquals(
            Errno.EINVAL, Program.errno("os.symlink(b'\\xff', os.fsencode(p) + b'/link')", dir));
      }
    }
  }

  @Test
  void attributesAreTheFileSystems() throws Exception {
    files.addFile("dir/file", FileContent.pattern(0, 12_345));
    try (MountedFileSystem mounted = mount()) {
      String stat =
          Program.python(
              """
              import os, sys
              s = os.stat(sys.argv[1])
              d = os.stat(os.path.dirname(sys.argv[1]))
              print(oct(s.st_mode), s.st_size, s.st_nlink, s.st_uid, s.st_gid, s.st_mtime_ns, s.st_blocks)
              print(oct(d.st_mode), d.st_nlink)
              """,
              mounted.path("dir/file"));
      assertEquals("0o100644 12345 1 0 0 1767323045123456789 25\n0o40755 2", stat);
    }
  }

  @Test
  void inodeNumbersAreStableAndThoseOfTheListing() throws Exception {
    files.addFile("dir/a", FileContent.pattern(0, 1));
    files.addFile("dir/b", FileContent.pattern(0, 1));
    try (MountedFileSystem mounted = mount()) {
      String result =
          Program.python(
              """
              import os, sys
              d = sys.argv[1]
              first = {n: os.stat(os.path.join(d, n)).st_ino for n in ('a', 'b')}
              listed = {e.name: e.inode() for e in os.scandir(d)}
              second = {n: os.stat(os.path.join(d, n)).st_ino for n in ('a', 'b')}
              print(first == listed == second, first['a'] != first['b'])
              """,
              mounted.path("dir"));
      assertEquals("True True", result);
    }
  }

  @Test
  void followsAndReadsSymbolicLinks() throws Exception {
    files.addFile("dir/file", FileContent.pattern(12, 1000));
    files.addSymlink("link", "dir/file");
    files.addSymlink("\u00fc", "t\u00e4rget/" + "y".repeat(3000));
    try (MountedFileSystem mounted = mount()) {
      assertEquals("dir/file", Program.output("readlink", mounted.path("link").toString()));
      assertArrayEquals(Pattern.bytes(12, 0, 1000), Files.readAllBytes(mounted.path("link")));
      assertEquals(
          "target/" + 3008,
          Program.python(
              """
              import os, sys
              t = os.readlink(os.fsencode(sys.argv[1]) + b'/\\xc3\\xbc')
              print(t.decode().replace('\\u00e4', 'a')[:7] + str(len(t)))
              """,
              mounted.mountpoint()));
    }
  }

  @Test
  void anAbsentNameIsAskedForOnceIfThisMayBeCached() throws Exception {
    try (MountedFileSystem mounted = mount()) {
      assertFalse(Files.exists(mounted.path("absent")));
      long lookups = files.count(Operation.LOOKUP);
      assertFalse(Files.exists(mounted.path("absent")));
      assertEquals(lookups, files.count(Operation.LOOKUP));
    }
  }

  @Test
  void anAbsentNameIsAskedForAgainIfThisMustNotBeCached() throws Exception {
    try (MountedFileSystem mounted = mount()) {
      failWith(Operation.LOOKUP, Errno.ENOENT);
      assertFalse(Files.exists(mounted.path("late")));
      files.intercept((operation, caller, inode, name) -> {});
      files.addFile("late", FileContent.pattern(0, 1));
      assertTrue(Files.exists(mounted.path("late")));
    }
  }

  @Test
  void namesAndAttributesAreCachedAsLongAsTold() throws Exception {
    files.addFile("dir/file", FileContent.pattern(0, 1));
    try (MountedFileSystem mounted = mount()) {
      assertEquals(1, Files.size(mounted.path("dir/file")));
      long asked = files.count(Operation.LOOKUP) + files.count(Operation.GETATTR);
      assertEquals(1, Files.size(mounted.path("dir/file")));
      assertEquals(asked, files.count(Operation.LOOKUP) + files.count(Operation.GETATTR));
    }
    files.ttl(Duration.ZERO);
    MountOptions uncached =
        new MountOptions(
            mountpoint, "memory", false, false, Duration.ZERO, Duration.ZERO, Duration.ZERO, MIB);
    try (MountedFileSystem mounted =
        MountedFileSystem.mount(provider(), settings(), uncached, files)) {
      assertEquals(1, Files.size(mounted.path("dir/file")));
      files.addFile("dir/file", FileContent.pattern(0, 22));
      assertEquals(22, Files.size(mounted.path("dir/file")));
      files.remove("dir/file");
      assertThrows(NoSuchFileException.class, () -> Files.size(mounted.path("dir/file")));
      files.addFile("dir/file", FileContent.pattern(0, 333));
      assertEquals(333, Files.size(mounted.path("dir/file")));
    }
  }

  @Test
  void tellsWhoAsks() throws Exception {
    files.addFile("file", FileContent.pattern(0, 10));
    Queue<Caller> callers = new ConcurrentLinkedQueue<>();
    try (MountedFileSystem mounted = mount()) {
      files.intercept(
          (operation, caller, inode, name) -> {
            if (operation == Operation.OPEN) {
              callers.add(caller);
            }
          });
      Process cat = Program.start("cat", mounted.path("file").toString());
      assertEquals(0, cat.waitFor());
      assertEquals(List.of((int) cat.pid()), callers.stream().map(Caller::pid).toList());
      Caller self = callers.element();
      assertEquals(Program.output("id", "-u"), Integer.toString(self.uid()));
      assertEquals(Program.output("id", "-g"), Integer.toString(self.gid()));
    }
  }

  @Test
  void statfsIsTheFileSystems() throws Exception {
    try (MountedFileSystem mounted = mount()) {
      String statvfs =
          Program.python(
              """
              import os, sys
              s = os.statvfs(sys.argv[1])
              print(s.f_frsize, s.f_blocks, s.f_bfree, s.f_bavail, s.f_files, s.f_ffree, s.f_namemax)
              """,
              mounted.mountpoint());
      assertEquals(
          "4096 %d %d %d %d %d 255".formatted(1L << 32, 1L << 31, 1L << 31, 1L << 30, 1L << 29),
          statvfs);
      FileStore store = Files.getFileStore(mounted.mountpoint());
      assertEquals("fuse.sluice", store.type());
      assertEquals("memory", store.name());
    }
  }

  @Test
  void theSourceMayHoldAnyCharacter() throws Exception {
    MountOptions options =
        new MountOptions(mountpoint, "s3://a,b\\c d/e", true, false, TTL, TTL, TTL, MIB);
    try (MountedFileSystem mounted =
        MountedFileSystem.mount(provider(), settings(), options, files)) {
      assertEquals("s3://a,b\\c d/e", Files.getFileStore(mounted.mountpoint()).name());
    }
  }
}
