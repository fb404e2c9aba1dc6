// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.fuse;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.fuse.Caller;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseChannel;
import io.sluicefs.spi.fuse.FuseChannelProvider;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.MountOptions;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every FUSE channel must do, tried with real mounts of a {@link MemoryFileSystem} through the
 * Linux kernel and by programs of their own. A failure of a random test names its seed, and {@code
 * -Dsluice.seed=…} repeats it.
 *
 * <p>Needs root or fusermount, /dev/fuse, coreutils and python3.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
public abstract class FuseChannelContract {
  private static final int MIB = 1 << 20;
  private static final Duration TTL = Duration.ofSeconds(60);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final long seed = Long.getLong("sluice.seed", System.nanoTime());
  private final MemoryFileSystem files = new MemoryFileSystem();
  private Path mountpoint;

  /** For suites of a channel. */
  @SuppressWarnings("NullAway.Init") // set before each test
  protected FuseChannelContract() {}

  /** Returns the provider under test. */
  protected abstract FuseChannelProvider provider();

  /** Returns settings to test with; none by default. */
  protected Map<String, String> settings() {
    return Map.of();
  }

  /** Returns whether the channel carries operations that change the file system. */
  protected boolean carriesChanges() {
    return true;
  }

  /** Returns whether an operation is interrupted when whoever asked for it is killed. */
  protected boolean interruptsRequests() {
    return true;
  }

  /** Returns the directory mountpoints are made in. */
  protected Path workingDirectory() {
    return Path.of("target", "fuse-mounts", getClass().getSimpleName()).toAbsolutePath();
  }

  @BeforeEach
  void makeMountpoint(TestInfo test) throws IOException {
    Path working = workingDirectory();
    Files.createDirectories(working);
    MountedFileSystem.clean(working);
    mountpoint =
        Files.createDirectory(working.resolve(test.getTestMethod().orElseThrow().getName()));
  }

  @AfterEach
  void checkFileSystem() throws IOException {
    assertFalse(MountedFileSystem.isMounted(mountpoint), "something is left mounted");
    assertEquals(files.initialised(), files.destroyed(), "sessions begun and ended");
    files.check();
    Files.delete(mountpoint);
  }

  private MountOptions options(boolean readOnly) {
    return new MountOptions(mountpoint, "memory", readOnly, false, TTL, TTL, TTL, MIB);
  }

  @MustBeClosed
  private MountedFileSystem mount() throws Exception {
    return MountedFileSystem.mount(provider(), settings(), options(false), files);
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within " + PATIENCE + ": " + what);
      }
      Thread.sleep(1);
    }
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private static byte[] read(FileChannel file, long offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining()) {
      if (file.read(buffer, offset + buffer.position()) < 0) {
        break;
      }
    }
    return Arrays.copyOf(buffer.array(), buffer.position());
  }

  // What is read.

  @Test
  void theDescriptorNamesTheAxis() {
    assertEquals(Axis.FUSE, provider().descriptor().axis());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4095, 4096, 4097, 131_071, 131_073, 3 * MIB + 17})
  void readsEveryByteOfAFile(int size) throws Exception {
    files.addFile("file", FileContent.pattern(7, size));
    Random random = new Random(seed);
    try (MountedFileSystem mounted = mount()) {
      assertEquals(size, Files.size(mounted.path("file")));
      assertArrayEquals(Pattern.bytes(7, 0, size), Files.readAllBytes(mounted.path("file")));
      try (FileChannel file = FileChannel.open(mounted.path("file"))) {
        for (int i = 0; i < 50; i++) {
          int offset = random.nextInt(size + 10);
          int length = random.nextInt(300_000);
          byte[] expected = Pattern.bytes(7, offset, Math.clamp((long) size - offset, 0, length));
          assertArrayEquals(
              expected, read(file, offset, length), "at " + offset + ", seed " + seed);
        }
      }
    }
  }

  @Test
  void readsBeyondFourGibibytes() throws Exception {
    long size = (5L << 30) + 3;
    files.addFile("file", FileContent.pattern(8, size));
    try (MountedFileSystem mounted = mount();
        FileChannel file = FileChannel.open(mounted.path("file"))) {
      assertEquals(size, file.size());
      for (long offset : new long[] {0, (1L << 31) - 5, (1L << 32) - 7, size - 99}) {
        int length = (int) Math.min(200_000, size - offset);
        assertArrayEquals(Pattern.bytes(8, offset, length), read(file, offset, 200_000));
      }
    }
  }

  @Test
  void programsReadWhatIsThere() throws Exception {
    int size = 2 * MIB + 321;
    files.addFile("dir/file", FileContent.pattern(9, size));
    byte[] bytes = Pattern.bytes(9, 0, size);
    try (MountedFileSystem mounted = mount()) {
      String file = mounted.path("dir/file").toString();
      assertEquals(sha256(bytes), Program.output("sha256sum", file).substring(0, 64));
      assertArrayEquals(bytes, Program.run("cat", file).output());
      assertArrayEquals(
          Arrays.copyOfRange(bytes, 777 * 5, 777 * 8),
          Program.run("dd", "if=" + file, "bs=777", "skip=5", "count=3", "status=none").output());
      assertArrayEquals(
          Arrays.copyOfRange(bytes, size - 1000, size),
          Program.run("tail", "-c", "1000", file).output());
      assertArrayEquals(
          Arrays.copyOf(bytes, MIB),
          Program.run("dd", "if=" + file, "bs=1M", "count=1", "iflag=direct", "status=none")
              .output());
    }
  }

  @Test
  void aMappedFileHoldsWhatIsThere() throws Exception {
    int size = 3 * MIB + 5;
    files.addFile("file", FileContent.pattern(10, size));
    try (MountedFileSystem mounted = mount()) {
      String digest =
          Program.python(
              """
              import sys, mmap, hashlib
              with open(sys.argv[1], 'rb') as f:
                  m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
                  last = m[len(m) - 5:]
                  print(hashlib.sha256(m).hexdigest())
              """,
              mounted.path("file"));
      assertEquals(sha256(Pattern.bytes(10, 0, size)), digest);
    }
  }

  @Test
  void manyReadersAtOnceReadWhatIsThere() throws Exception {
    int size = 5 * MIB + 11;
    files.addFile("file", FileContent.pattern(11, size));
    files.directIo(true);
    byte[] bytes = Pattern.bytes(11, 0, size);
    try (MountedFileSystem mounted = mount();
        ExecutorService readers = Executors.newFixedThreadPool(8)) {
      List<Future<?>> all = new ArrayList<>();
      for (int reader = 0; reader < 8; reader++) {
        Random random = new Random(seed + reader);
        all.add(
            readers.submit(
                () -> {
                  try (FileChannel file = FileChannel.open(mounted.path("file"))) {
                    for (int i = 0; i < 100; i++) {
                      int offset = random.nextInt(size);
                      int length = Math.min(1 + random.nextInt(200_000), size - offset);
                      assertArrayEquals(
                          Arrays.copyOfRange(bytes, offset, offset + length),
                          read(file, offset, length),
                          "seed " + seed);
                    }
                    return null;
                  }
                }));
      }
      for (Future<?> reader : all) {
        reader.get();
      }
    }
  }

  // Names and attributes.

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

  // Caching of content.

  @Test
  void thePageCacheIsKeptOnlyIfTheOpenSaysSo() throws Exception {
    files.addFile("file", FileContent.pattern(13, MIB));
    try (MountedFileSystem mounted = mount()) {
      Path file = mounted.path("file");
      files.keepCache(true);
      Files.readAllBytes(file);
      long reads = files.count(Operation.READ);
      Files.readAllBytes(file);
      assertEquals(reads, files.count(Operation.READ), "kept");
      files.keepCache(false);
      assertArrayEquals(Pattern.bytes(13, 0, MIB), Files.readAllBytes(file));
      assertTrue(files.count(Operation.READ) > reads, "not kept");
    }
  }

  @Test
  void directIoBypassesThePageCache() throws Exception {
    files.addFile("file", FileContent.pattern(14, MIB));
    files.directIo(true);
    try (MountedFileSystem mounted = mount();
        FileChannel file = FileChannel.open(mounted.path("file"))) {
      assertArrayEquals(Pattern.bytes(14, 5, 1000), read(file, 5, 1000));
      long reads = files.count(Operation.READ);
      assertArrayEquals(Pattern.bytes(14, 5, 1000), read(file, 5, 1000));
      assertEquals(reads + 1, files.count(Operation.READ));
    }
  }

  // Errors.

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

  private void failWith(Operation failing, int errno) {
    files.intercept(
        (operation, caller, inode, name) -> {
          if (operation == failing) {
            throw new FuseException(errno);
          }
        });
  }

  private static void sneak(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    throw (RuntimeException) thrown;
  }

  // Waiting.

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

  private static void awaitOrInterrupt(CountDownLatch latch) throws FuseException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new FuseException(Errno.EINTR);
    }
  }

  // The session.

  @Test
  void theSessionBeginsOnceBeforeTheFirstRequestAndEndsOnceAfterTheLast() throws Exception {
    files.addFile("file", FileContent.pattern(0, 10));
    Queue<String> wrong = new ConcurrentLinkedQueue<>();
    files.intercept(
        (operation, caller, inode, name) -> {
          if (files.initialised() != 1 || files.destroyed() != 0) {
            wrong.add(operation.name());
          }
        });
    try (MountedFileSystem mounted = mount()) {
      Files.readAllBytes(mounted.path("file"));
      assertEquals(1, files.initialised());
      assertEquals(0, files.destroyed());
    }
    assertEquals(1, files.destroyed());
    assertEquals(List.of(), List.copyOf(wrong));
  }

  @Test
  void anUnmountFromOutsideEndsTheSession() throws Exception {
    try (MountedFileSystem mounted = mount()) {
      Program.Result result = Program.run("fusermount", "-u", mountpoint.toString());
      assertEquals(0, result.status(), result.errors());
      mounted.awaitServed();
    }
  }

  @Test
  void withAnOpenFileUnmountDetachesAndTheLastCloseEndsTheSession() throws Exception {
    files.addFile("file", FileContent.pattern(16, 2 * MIB));
    try (MountedFileSystem mounted = mount()) {
      try (FileChannel file = FileChannel.open(mounted.path("file"))) {
        mounted.channel().unmount();
        assertFalse(MountedFileSystem.isMounted(mountpoint));
        assertFalse(mounted.isServed());
        assertArrayEquals(Pattern.bytes(16, MIB, 1000), read(file, MIB, 1000));
        mounted.channel().unmount();
        assertFalse(mounted.isServed());
      }
      mounted.awaitServed();
    }
  }

  @Test
  void closeEndsTheSessionWhateverIsOpen() throws Exception {
    files.addFile("file", FileContent.pattern(17, 8 * MIB));
    try (MountedFileSystem mounted = mount()) {
      FileChannel file = FileChannel.open(mounted.path("file"));
      assertArrayEquals(Pattern.bytes(17, 0, 10), read(file, 0, 10));
      mounted.channel().close();
      mounted.awaitServed();
      assertThrows(IOException.class, () -> read(file, 6 * MIB, 10));
      mounted.channel().close();
      // Its last flush meets no session.
      assertThrows(IOException.class, file::close);
    }
  }

  @Test
  void closeEndsTheSessionAfterADetach() throws Exception {
    files.addFile("file", FileContent.pattern(18, 8 * MIB));
    try (MountedFileSystem mounted = mount()) {
      FileChannel file = FileChannel.open(mounted.path("file"));
      mounted.channel().unmount();
      assertArrayEquals(Pattern.bytes(18, 0, 10), read(file, 0, 10));
      mounted.channel().close();
      mounted.awaitServed();
      // Its last flush meets no session.
      assertThrows(IOException.class, file::close);
    }
  }

  @Test
  void closeInterruptsWhatIsStillAnswered() throws Exception {
    files.addFile("file", FileContent.pattern(19, 10));
    CountDownLatch waiting = new CountDownLatch(1);
    try (MountedFileSystem mounted = mount()) {
      files.intercept(
          (operation, caller, inode, name) -> {
            if (operation == Operation.READ) {
              waiting.countDown();
              awaitOrInterrupt(new CountDownLatch(1));
            }
          });
      Process reader = Program.start("cat", mounted.path("file").toString());
      waiting.await();
      mounted.channel().close();
      mounted.awaitServed();
      assertNotEquals(0, reader.waitFor());
    }
  }

  @Test
  void theSamePlaceCanBeMountedAgainAndAgain() throws Exception {
    files.addFile("file", FileContent.pattern(20, 1000));
    for (int i = 0; i < 5; i++) {
      try (MountedFileSystem mounted = mount()) {
        assertArrayEquals(Pattern.bytes(20, 0, 1000), Files.readAllBytes(mounted.path("file")));
      }
    }
    assertEquals(5, files.destroyed());
  }

  @Test
  void aSessionThatEndsLeavesWhatIsMountedThereNow() throws Exception {
    files.addFile("file", FileContent.pattern(21, MIB));
    MemoryFileSystem other = new MemoryFileSystem();
    other.addFile("other", FileContent.pattern(22, 10));
    try (MountedFileSystem first = mount()) {
      FileChannel file = FileChannel.open(first.path("file"));
      first.channel().unmount();
      try (MountedFileSystem second =
          MountedFileSystem.mount(provider(), settings(), options(false), other)) {
        file.close();
        first.awaitServed();
        first.channel().unmount();
        first.channel().close();
        assertArrayEquals(Pattern.bytes(22, 0, 10), Files.readAllBytes(second.path("other")));
      }
    }
    other.check();
  }

  @Test
  void unmountedBeforeItIsServedItNeverMounts() throws Exception {
    try (LeakCheckedMemory memory = new LeakCheckedMemory(64L * MIB);
        FuseChannel channel =
            provider().open(TestContext.of(provider(), settings(), memory), options(false))) {
      channel.unmount();
      channel.serve(files);
    }
    assertEquals(0, files.initialised());
  }

  @Test
  void aChannelThatIsNeverServedHoldsNothing() throws Exception {
    try (LeakCheckedMemory memory = new LeakCheckedMemory(64L * MIB);
        FuseChannel channel =
            provider().open(TestContext.of(provider(), settings(), memory), options(false))) {
      closeTwice(channel);
    }
  }

  private static void closeTwice(FuseChannel channel) {
    channel.close();
    channel.close();
  }

  @Test
  void noThreadIsLeft() throws Exception {
    files.addFile("file", FileContent.pattern(23, MIB));
    mountAndRead();
    Set<Thread> before = platformThreads();
    mountAndRead();
    await("threads end", () -> before.containsAll(platformThreads()));
  }

  private void mountAndRead() throws Exception {
    try (MountedFileSystem mounted = mount()) {
      assertEquals(MIB, Files.readAllBytes(mounted.path("file")).length);
    }
  }

  /** Returns the threads of the process, without those the JDK keeps for child processes. */
  private static Set<Thread> platformThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !thread.getName().startsWith("process reaper"))
        .filter(thread -> !thread.getName().startsWith("ForkJoinPool"))
        .filter(thread -> !thread.getName().startsWith("VirtualThread"))
        .collect(Collectors.toSet());
  }

  @Test
  void operationsRunOnTheSameFewThreads() throws Exception {
    files.addFile("file", FileContent.pattern(24, 4 * MIB));
    files.directIo(true);
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    files.intercept((operation, caller, inode, name) -> threads.add(Thread.currentThread()));
    try (MountedFileSystem mounted = mount()) {
      for (int i = 0; i < 20; i++) {
        Files.readAllBytes(mounted.path("file"));
      }
      assertTrue(threads.size() <= 64, threads.size() + " threads");
      for (Thread thread : threads) {
        assertTrue(thread.isAlive(), thread.getName());
      }
    }
  }

  @Test
  void everyLookupIsGivenBackOrTheSessionEnded() throws Exception {
    for (int i = 0; i < 500; i++) {
      files.addFile("dir-" + i % 10 + "/file-" + i, FileContent.pattern(i, i));
    }
    try (MountedFileSystem mounted = mount()) {
      assertEquals(
          510,
          Program.output("find", mounted.mountpoint().toString(), "-mindepth", "1")
              .lines()
              .count());
      Program.output("sh", "-c", "cat " + mountpoint + "/*/* | wc -c");
      assertTrue(files.lookups() > 0);
    }
    assertTrue(files.lookups() == 0 || files.destroyed() == 1);
  }

  @Test
  void aMountpointThatIsNoneIsRefusedInOneLine() throws Exception {
    Path missing = mountpoint.resolve("missing");
    assertRefused(missing);
    Path file = Files.createFile(mountpoint.resolve("file"));
    assertRefused(file);
    // Not empty: it holds the file.
    assertRefused(mountpoint);
    Files.delete(file);
  }

  private void mountBriefly(MountOptions options) throws Exception {
    try (MountedFileSystem mounted =
        MountedFileSystem.mount(provider(), settings(), options, files)) {
      mounted.channel().unmount();
    }
  }

  private void assertRefused(Path at) {
    MountOptions options = new MountOptions(at, "memory", false, false, TTL, TTL, TTL, MIB);
    IOException refusal = assertThrows(IOException.class, () -> mountBriefly(options));
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.contains(at.toString()), message);
    assertEquals(1, message.lines().count(), message);
  }

  // Changes.

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
