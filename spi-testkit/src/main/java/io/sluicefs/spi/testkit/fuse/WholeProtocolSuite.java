// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.fuse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.MountOptions;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem.Operation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What a FUSE channel must carry of the protocol if what it is built on does. */
abstract class WholeProtocolSuite extends SessionSuite {
  @Test
  void timesAreThoseOfEachEntry() throws Exception {
    assumeHas(Capability.TIMES_OF_EACH_ENTRY);
    files.ttl(Duration.ZERO);
    files.addFile("file", FileContent.pattern(0, 1));
    try (MountedFileSystem mounted = mount()) {
      assertEquals(1, Files.size(mounted.path("file")));
      files.addFile("file", FileContent.pattern(0, 22));
      assertEquals(22, Files.size(mounted.path("file")));
    }
  }

  @Test
  void aReadOrWriteOfOneMebibyteIsOneRequest() throws Exception {
    assumeHas(Capability.REQUESTS_OF_ONE_MEBIBYTE);
    files.addFile("file", FileContent.pattern(40, 4 * MIB));
    files.addFile("to", FileContent.of(new byte[0]));
    try (MountedFileSystem mounted = mount()) {
      String from = "if=" + mounted.path("file");
      String to = "of=" + mounted.path("to");
      Program.output("dd", from, "of=/dev/null", "bs=1M", "iflag=direct", "status=none");
      assertEquals(4, files.count(Operation.READ));
      Program.output("dd", "if=/dev/zero", to, "bs=1M", "count=3", "status=none");
      assertEquals(3, files.count(Operation.WRITE));
      assertEquals(3 * MIB, files.bytes("to").length);
    }
  }

  @Test
  void aListingBringsTheAttributesOfWhatItLists() throws Exception {
    assumeHas(Capability.LISTINGS_WITH_ATTRIBUTES);
    for (int i = 0; i < 1000; i++) {
      files.addFile("dir/file-%04d".formatted(i), FileContent.pattern(i, i));
    }
    try (MountedFileSystem mounted = mount()) {
      String listed = Program.output("ls", "-l", mounted.path("dir").toString());
      assertEquals(1001, listed.lines().count());
      long asked = files.count(Operation.LOOKUP) + files.count(Operation.GETATTR);
      // Linux lists without attributes until somebody has asked for those of an entry.
      assertTrue(asked < 200, asked + " requests for attributes");
      assertTrue(files.lookups() >= 1000, "each entry is a lookup");
      Program.output("sh", "-c", "echo 2 > /proc/sys/vm/drop_caches");
      await("all lookups are given back", () -> files.lookups() <= 1);
    }
  }

  @Test
  void aListingThatFailsGivesItsLookupsBack() throws Exception {
    assumeHas(Capability.LISTINGS_WITH_ATTRIBUTES);
    // The name does not fit into any reply: the file system's own mistake, found halfway.
    files.addFile("dir/a", FileContent.pattern(0, 1));
    files.addFile("dir/" + "b".repeat(2000), FileContent.pattern(0, 1));
    try (MountedFileSystem mounted = mount()) {
      assertEquals(Errno.EIO, Program.errno("os.listdir(p)", mounted.path("dir")));
      await("its lookups are given back", () -> files.inode("dir/a") == 0);
    }
  }

  @Test
  void aRenameComesWithItsFlags() throws Exception {
    assumeHas(Capability.RENAME_FLAGS);
    files.addFile("a", FileContent.of(new byte[] {1}));
    files.addFile("b", FileContent.of(new byte[] {2}));
    try (MountedFileSystem mounted = mount()) {
      String result =
          Program.python(
              """
              import ctypes, os, sys
              libc = ctypes.CDLL(None, use_errno=True)
              d = os.fsencode(sys.argv[1])
              def rename(a, b, flags):
                  r = libc.renameat2(-100, d + a, -100, d + b, flags)
                  return 0 if r == 0 else ctypes.get_errno()
              print(rename(b'/a', b'/b', 1), rename(b'/a', b'/b', 2), rename(b'/a', b'/c', 1))
              print(open(d + b'/b', 'rb').read(), open(d + b'/c', 'rb').read())
              """,
              mounted.mountpoint());
      assertEquals(Errno.EEXIST + " 0 0\nb'\\x01' b'\\x02'", result);
    }
  }

  @Test
  void copiesAndHolesAreTheFileSystems() throws Exception {
    assumeHas(Capability.COPIES_AND_HOLES);
    byte[] bytes = Pattern.bytes(41, 0, 3 * MIB + 5);
    files.addFile("from", FileContent.of(bytes));
    files.addFile("to", FileContent.of(new byte[] {1, 2, 3}));
    try (MountedFileSystem mounted = mount()) {
      String result =
          Program.python(
              """
              import os, sys
              a = os.open(sys.argv[1] + '/from', os.O_RDWR)
              b = os.open(sys.argv[1] + '/to', os.O_RDWR)
              print(os.copy_file_range(a, b, 2000000, 5, 1))
              print(os.copy_file_range(a, b, 1 << 40, 3 * 1024 * 1024 + 5, 0))
              print(os.lseek(a, 10, os.SEEK_DATA), os.lseek(a, 10, os.SEEK_HOLE))
              try:
                  os.lseek(a, 1 << 40, os.SEEK_DATA)
              except OSError as e:
                  print(e.errno)
              """,
              mounted.mountpoint());
      assertEquals("2000000\n0\n10 " + bytes.length + "\n" + Errno.ENXIO, result);
      byte[] copied = files.bytes("to");
      assertEquals(2_000_001, copied.length);
      assertEquals(1, copied[0]);
      assertArrayEquals(
          Arrays.copyOfRange(bytes, 5, 2_000_005), Arrays.copyOfRange(copied, 1, 2_000_001));
      assertArrayEquals(copied, Files.readAllBytes(mounted.path("to")));
      assertTrue(files.count(Operation.COPY) > 0 && files.count(Operation.LSEEK) > 0);
    }
  }

  @Test
  void aChangeBehindTheBackOfLinuxIsSeenOnceItIsTold() throws Exception {
    assumeHas(Capability.NOTIFICATIONS);
    files.addFile("dir/file", FileContent.pattern(0, 1));
    try (MountedFileSystem mounted = mount()) {
      Path file = mounted.path("dir/file");
      Path absent = mounted.path("dir/absent");
      assertEquals(1, Files.size(file));
      assertFalse(Files.exists(absent));
      files.addFile("dir/file", FileContent.pattern(0, 22));
      files.addFile("dir/absent", FileContent.pattern(0, 333));
      assertEquals(1, Files.size(file), "cached");
      assertFalse(Files.exists(absent), "cached");
      files.notifier().invalidateEntry(files.inode("dir"), "file");
      files.notifier().invalidateEntry(files.inode("dir"), "absent");
      await("the new file is seen", () -> file.toFile().length() == 22);
      await("the absent file is seen", () -> absent.toFile().length() == 333);
    }
  }

  @Test
  void attributesAreInvalidatedWhileTheFileIsRead() throws Exception {
    assumeHas(Capability.NOTIFICATIONS);
    files.addFile("file", FileContent.pattern(42, MIB));
    CountDownLatch waiting = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    try (MountedFileSystem mounted = mount()) {
      files.intercept(
          (operation, caller, inode, name) -> {
            if (operation == Operation.READ) {
              waiting.countDown();
              awaitOrInterrupt(released);
            }
          });
      Process reader = Program.start("sha256sum", mounted.path("file").toString());
      waiting.await();
      long asked = files.count(Operation.GETATTR);
      files.notifier().invalidateAttributes(files.inode("file"));
      await(
          "attributes are asked for again",
          () ->
              mounted.path("file").toFile().length() == MIB
                  && files.count(Operation.GETATTR) > asked);
      released.countDown();
      String digest = new String(reader.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertEquals(sha256(Pattern.bytes(42, 0, MIB)), digest.substring(0, 64));
    }
  }

  @Test
  void aNotificationMayBeSentFromWithinARequestForTheSameDirectory() throws Exception {
    assumeHas(Capability.NOTIFICATIONS);
    assumeTrue(carriesChanges(), "the channel carries no changes");
    files.addDirectory("dir");
    try (MountedFileSystem mounted = mount()) {
      Path dir = mounted.path("dir");
      assertTrue(Files.isDirectory(dir));
      // Linux holds the directory's lock while it waits for the answer.
      files.intercept(
          (operation, caller, inode, name) -> {
            if (operation == Operation.CREATE || operation == Operation.MKDIR) {
              files.notifier().invalidateEntry(inode, name);
              files.notifier().invalidateAttributes(inode);
            }
          });
      for (int i = 0; i < 50; i++) {
        Files.createDirectory(dir.resolve("dir-" + i));
        Files.createFile(dir.resolve("file-" + i));
      }
      assertEquals(100, Program.output("ls", dir.toString()).lines().count());
    }
  }

  @Test
  void aSessionEndsWhileNotificationsAreSent() throws Exception {
    assumeHas(Capability.NOTIFICATIONS);
    assumeTrue(carriesChanges(), "the channel carries no changes");
    files.addDirectory("dir");
    for (int round = 0; round < 5; round++) {
      try (MountedFileSystem mounted = mount()) {
        assertTrue(Files.isDirectory(mounted.path("dir")));
        long dir = files.inode("dir");
        CountDownLatch waiting = new CountDownLatch(1);
        files.intercept(
            (operation, caller, inode, name) -> {
              if (operation == Operation.MKDIR) {
                // Needs the lock that whoever waits for this answer holds.
                files.notifier().invalidateEntry(dir, "other");
                waiting.countDown();
                awaitOrInterrupt(new CountDownLatch(1));
              }
            });
        Process maker = Program.start("mkdir", mounted.path("dir/new").toString());
        waiting.await();
        for (int i = 0; i < 1000; i++) {
          files.notifier().invalidateEntry(dir, "name-" + i);
        }
        mounted.channel().close();
        mounted.awaitServed();
        maker.waitFor();
      }
    }
  }

  @Test
  void readsOfWhatIsPresentPassAnyNumberThatWait() throws Exception {
    assumeHas(Capability.PASSING_OF_WAITING_REQUESTS);
    int waiters = 150;
    files.addFile("slow", FileContent.pattern(43, MIB));
    files.addFile("present", FileContent.present(FileContent.pattern(44, MIB)));
    files.directIo(true);
    CountDownLatch released = new CountDownLatch(1);
    CountDownLatch waiting = new CountDownLatch(2);
    try (MountedFileSystem mounted = mount();
        FileChannel slow = FileChannel.open(mounted.path("slow"));
        FileChannel present = FileChannel.open(mounted.path("present"));
        ExecutorService readers = Executors.newFixedThreadPool(waiters)) {
      long presentInode = files.inode("present");
      files.intercept(
          (operation, caller, inode, name) -> {
            if (operation == Operation.READ && inode != presentInode) {
              waiting.countDown();
              awaitOrInterrupt(released);
            }
          });
      List<Future<byte[]>> all = new ArrayList<>();
      for (int i = 0; i < waiters; i++) {
        int offset = i * 100;
        all.add(readers.submit(() -> read(slow, offset, 100)));
      }
      waiting.await();
      for (int i = 0; i < 100; i++) {
        assertArrayEquals(Pattern.bytes(44, i * 7L, 5000), read(present, i * 7L, 5000));
      }
      released.countDown();
      for (int i = 0; i < waiters; i++) {
        assertArrayEquals(Pattern.bytes(43, i * 100L, 100), all.get(i).get());
      }
    }
  }

  @Test
  void aReplyMayBeOfMorePiecesThanOneCallTakes() throws Exception {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment piece = arena.allocate(512);
      Pattern.fill(45, 0, piece);
      files.addFile("file", FileContent.repeated(piece, 3 * MIB));
      files.directIo(true);
      byte[] expected = new byte[3 * MIB];
      for (int i = 0; i < expected.length; i += 512) {
        System.arraycopy(Pattern.bytes(45, 0, 512), 0, expected, i, 512);
      }
      try (MountedFileSystem mounted = mount();
          FileChannel file = FileChannel.open(mounted.path("file"))) {
        assertArrayEquals(expected, read(file, 0, 3 * MIB));
      }
    }
  }

  @Test
  void controlsAreRefusedPollsAreReadyAndDirectoriesSync() throws Exception {
    files.addFile("file", FileContent.of(new byte[10]));
    try (MountedFileSystem mounted = mount()) {
      String result =
          Program.python(
              """
              import fcntl, os, select, sys, termios
              fd = os.open(sys.argv[1] + '/file', os.O_RDWR)
              try:
                  fcntl.ioctl(fd, termios.TCGETS, bytes(60))
              except OSError as e:
                  print(e.errno)
              poll = select.poll()
              poll.register(fd, select.POLLIN)
              print(len(poll.poll(1000)))
              os.fsync(os.open(sys.argv[1], os.O_RDONLY))
              """,
              mounted.mountpoint());
      assertTrue(
          result.equals(Errno.ENOTTY + "\n1") || result.equals(Errno.ENOSYS + "\n1"), result);
    }
  }

  @Test
  void aNodeIsMadeAsAFile() throws Exception {
    assumeTrue(carriesChanges(), "the channel carries no changes");
    try (MountedFileSystem mounted = mount()) {
      assertEquals(0, Program.errno("os.mknod(p, 0o100640)", mounted.path("file")));
      assertEquals("640 0", Program.output("stat", "-c", "%a %s", mounted.path("file").toString()));
      await("it is closed", () -> files.openHandles() == 0);
    }
  }

  @Test
  void whatRunsWithItsOwnersRightsLosesThemWhenSomebodyElseChangesIt() throws Exception {
    assumeTrue(carriesChanges(), "the channel carries no changes");
    files.addFile("file", FileContent.of(new byte[10]));
    files.addFile("from", FileContent.of(new byte[10]));
    MountOptions options = new MountOptions(mountpoint, "memory", false, true, TTL, TTL, TTL, MIB);
    try (MountedFileSystem mounted =
        MountedFileSystem.mount(provider(), settings(), options, files)) {
      String result =
          Program.python(
              """
              import os, stat, sys
              p = sys.argv[1] + '/file'
              def write(): os.pwrite(fd, b'x', 0)
              def cut(): os.ftruncate(fd, 5)
              def overwrite(): os.close(os.open(p, os.O_WRONLY | os.O_TRUNC))
              def create(): os.close(os.open(p, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666))
              def reserve(): os.posix_fallocate(fd, 0, 100)
              def copy(): os.copy_file_range(source, fd, 10, 0, 0)
              def give(): os.chown(p, 12, 34)
              source = os.open(sys.argv[1] + '/from', os.O_RDONLY)
              def after(uid, change):
                  global fd
                  os.chmod(p, 0o6777)
                  os.seteuid(uid)
                  fd = os.open(p, os.O_RDWR)
                  try:
                      change()
                  except OSError as e:
                      print(e.errno, end=' ')
                  os.close(fd)
                  os.seteuid(0)
                  return '%o' % stat.S_IMODE(os.stat(p).st_mode)
              os.setgroups([])
              changes = [write, cut, overwrite, create, reserve, copy]
              print(*[after(0, change) for change in changes])
              os.setegid(65534)
              print(*[after(65534, change) for change in changes])
              print(after(0, give), '%o' % stat.S_IMODE(os.stat(sys.argv[1]).st_mode))
              """,
              mounted.mountpoint());
      assertEquals("6777 6777 6777 6777 6777 6777\n777 777 777 777 777 777\n777 755", result);
    }
  }

  @Test
  void othersAreLetInOnlyWithPermissionsChecked() throws Exception {
    files.addFile("file", FileContent.pattern(0, 1));
    MountOptions options = new MountOptions(mountpoint, "memory", true, true, TTL, TTL, TTL, MIB);
    try (MountedFileSystem mounted =
        MountedFileSystem.mount(provider(), settings(), options, files)) {
      assertEquals(1, Files.size(mounted.path("file")));
      List<String> flags =
          List.of(
              Program.output(
                      "findmnt", "-n", "-o", "OPTIONS", "--mountpoint", mountpoint.toString())
                  .split(",", -1));
      assertTrue(
          flags.containsAll(List.of("ro", "nosuid", "nodev", "allow_other", "default_permissions")),
          flags.toString());
    }
  }
}
