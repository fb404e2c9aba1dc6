// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** A daemon gives way to the next one while programs use the mount. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 60, unit = TimeUnit.MINUTES)
class UpgradeTest {
  private static final int ROUNDS = Integer.getInteger("sluice.upgrades", 2);
  private static final int SIZE = 48 << 20;
  private static final int SMALL_FILES = 2500;

  private EmulatorProcess emulator;
  private Installation installation;
  private BucketMount mount;
  private Path path;
  private String sum;

  @BeforeAll
  void mount() {
    emulator = EmulatorProcess.start();
    emulator.createBucket("models");
    emulator.putSynthetic("models", "weights.bin", SIZE, 1);
    IntStream.range(0, SMALL_FILES)
        .parallel()
        .forEach(i -> emulator.put("models", "many/%04d".formatted(i), new byte[] {1}));
    installation = Installation.open(getClass());
    mount = BucketMount.forWriting(installation, emulator, Store.S3, "models");
    path = mount.path();
    sum = emulator.sha256("models", "weights.bin");
  }

  @AfterAll
  void unmount() throws IOException {
    mount.unmount();
    mount.close();
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  private void upgrade() {
    try {
      ProcessHandle old = Mountpoints.daemon(path);
      Command upgrade = installation.sluice("upgrade", path.toString());
      assertEquals(0, upgrade.status(), upgrade::toString);
      Mountpoints.awaitEnd(old);
      assertNotEquals(old.pid(), Mountpoints.daemon(path).pid());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static MessageDigest sha256() throws Exception {
    return MessageDigest.getInstance("SHA-256");
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void read(FileChannel file, long end, MessageDigest digest) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
    while (file.position() < end) {
      int count = file.read(buffer.clear().limit((int) Math.min(1 << 20, end - file.position())));
      assertTrue(count > 0, "the file ends early");
      digest.update(buffer.flip());
    }
  }

  @Test
  void aReaderInTheMiddleOfAFileReadsOn() throws Exception {
    MessageDigest digest = sha256();
    try (FileChannel file = FileChannel.open(path.resolve("weights.bin"))) {
      read(file, SIZE / 3, digest);
      upgrade();
      read(file, SIZE, digest);
    }
    assertEquals(sum, hex(digest));
  }

  @Test
  void whatWasWrittenToOpenFilesIsStoredWhenTheyAreClosed() throws Exception {
    byte[] bytes = new byte[24 << 20];
    new Random(1).nextBytes(bytes);
    Path streamed = path.resolve("streamed.bin");
    Path changed = path.resolve("changed.bin");
    Path created = path.resolve("created.bin");
    Files.write(changed, bytes);
    try (OutputStream stream = Files.newOutputStream(streamed);
        FileChannel random = FileChannel.open(changed, StandardOpenOption.WRITE);
        FileChannel tail =
            FileChannel.open(
                created,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
      stream.write(bytes, 0, 18_000_000);
      random.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 5_000_000);
      tail.write(ByteBuffer.wrap(bytes, 0, 100_000));
      upgrade();
      ByteBuffer back = ByteBuffer.allocate(100_000);
      assertEquals(100_000, tail.read(back, 0));
      stream.write(bytes, 18_000_000, bytes.length - 18_000_000);
      random.write(ByteBuffer.wrap(new byte[] {4, 5}), 9_000_000);
      upgrade();
      tail.write(ByteBuffer.wrap(bytes, 100_000, 100_000));
    }
    assertEquals(hex(digestOf(bytes)), emulator.sha256("models", "streamed.bin"));
    System.arraycopy(new byte[] {1, 2, 3}, 0, bytes, 5_000_000, 3);
    System.arraycopy(new byte[] {4, 5}, 0, bytes, 9_000_000, 2);
    assertEquals(hex(digestOf(bytes)), emulator.sha256("models", "changed.bin"));
    new Random(1).nextBytes(bytes);
    assertEquals(
        hex(digestOf(Arrays.copyOf(bytes, 200_000))), emulator.sha256("models", "created.bin"));
  }

  private static MessageDigest digestOf(byte[] bytes) throws Exception {
    MessageDigest digest = sha256();
    digest.update(bytes);
    return digest;
  }

  @Test
  void aDirectoryIsListedOnWhereItWas() throws Exception {
    Set<String> names = new TreeSet<>();
    int listed = 0;
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(path.resolve("many"))) {
      Iterator<Path> next = entries.iterator();
      for (; listed < 100; listed++) {
        names.add(next.next().getFileName().toString());
      }
      upgrade();
      for (; next.hasNext(); listed++) {
        names.add(next.next().getFileName().toString());
      }
    }
    assertEquals(SMALL_FILES, listed);
    assertEquals(SMALL_FILES, names.size());
  }

  @Test
  void locksNumbersAndRemovedFilesStayAsTheyWere() throws Exception {
    Path locked = path.resolve("locked");
    Files.writeString(locked, "locked");
    Object number = Files.getAttribute(locked, "unix:ino");
    Path removed = path.resolve("removed");
    Files.writeString(removed, "removed");
    try (FileChannel file = FileChannel.open(locked, StandardOpenOption.WRITE);
        FileLock _ = file.lock();
        FileChannel gone = FileChannel.open(removed)) {
      Files.delete(removed);
      upgrade();
      assertEquals(number, Files.getAttribute(locked, "unix:ino"));
      assertEquals(
          "BlockingIOError",
          Command.output(
                  "python3",
                  "-c",
                  """
                  import fcntl, sys
                  try:
                      fcntl.lockf(open(sys.argv[1], 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)
                  except OSError as e:
                      print(type(e).__name__)
                  """,
                  locked.toString())
              .strip());
      assertFalse(Files.exists(removed));
      ByteBuffer bytes = ByteBuffer.allocate(7);
      assertEquals(7, gone.read(bytes));
      assertArrayEquals("removed".getBytes(StandardCharsets.UTF_8), bytes.array());
    }
    assertFalse(Files.exists(removed));
  }

  @Test
  void whatWasSetWhileMountedStaysSet() {
    for (String setting : List.of("metadata.attribute-ttl=59s", "log.level=debug")) {
      Command set = installation.sluice("set", setting, path.toString());
      assertEquals(0, set.status(), set::toString);
    }
    // The second hands over what it was handed over itself.
    for (int round = 0; round < 2; round++) {
      upgrade();
      Command show = installation.sluice("config", "show", "--origin", path.toString());
      assertTrue(
          show.out().matches("(?s).*metadata.attribute-ttl = \"59s\" +# sluice set\n.*"),
          show::toString);
      assertTrue(
          show.out().matches("(?s).*log.level = \"?debug\"? +# sluice set\n.*"), show::toString);
    }
    for (String setting : List.of("metadata.attribute-ttl=60s", "log.level=info")) {
      Command set = installation.sluice("set", setting, path.toString());
      assertEquals(0, set.status(), set::toString);
    }
  }

  @Test
  void aMountWhoseStreamedFileHasLeftMemoryIsNotUpgradedAndGoesOn() throws Exception {
    Path configuration = installation.work().resolve("writing-models.conf");
    Path small = installation.mountpoint("small");
    Command mounted =
        installation.sluice(
            "mount",
            "-c",
            configuration.toString(),
            "--set",
            "write.keep-size=0",
            small.toString());
    assertEquals(0, mounted.status(), mounted::toString);
    byte[] bytes = new byte[40 << 20];
    new Random(2).nextBytes(bytes);
    try (OutputStream stream = Files.newOutputStream(small.resolve("large.bin"))) {
      stream.write(bytes, 0, bytes.length / 2);
      refused(
          small, "large.bin is being written, and what was streamed of it is no longer in memory");
      stream.write(bytes, bytes.length / 2, bytes.length - bytes.length / 2);
    }
    assertEquals(hex(digestOf(bytes)), emulator.sha256("models", "large.bin"));
    Command umount = installation.sluice("umount", small.toString());
    assertEquals(0, umount.status(), umount::toString);
  }

  @Test
  void aNewDaemonThatCannotTakeOverLeavesTheMountToTheOld() throws Exception {
    Path configuration = installation.work().resolve("writing-models.conf");
    String settings = Files.readString(configuration);
    ProcessHandle daemon = Mountpoints.daemon(path);
    MessageDigest digest = sha256();
    try (FileChannel file = FileChannel.open(path.resolve("weights.bin"));
        OutputStream written = Files.newOutputStream(path.resolve("kept"))) {
      written.write(new byte[1000]);
      read(file, SIZE / 4, digest);
      // Before it asks for anything.
      Files.writeString(configuration, settings + "mount.no-such-setting = 1\n");
      refused("no-such-setting");
      // When the old one has stopped answering.
      emulator.createBucket("others");
      Files.writeString(configuration, settings.replace("= models\n", "= others\n"));
      refused("others");
      Files.writeString(configuration, settings + "mount.read-only = true\n");
      refused("mount.read-only");
      read(file, SIZE, digest);
      written.write(new byte[1000]);
    } finally {
      Files.writeString(configuration, settings);
    }
    assertEquals(sum, hex(digest));
    assertEquals(hex(digestOf(new byte[2000])), emulator.sha256("models", "kept"));
    assertEquals(daemon, Mountpoints.daemon(path));
  }

  private void refused(String reason) {
    refused(path, reason);
  }

  private void refused(Path at, String reason) {
    Command upgrade = installation.sluice("upgrade", at.toString());
    assertEquals(1, upgrade.status(), upgrade::toString);
    assertEquals(1, upgrade.err().lines().count(), upgrade::toString);
    assertTrue(upgrade.err().contains(reason), upgrade::toString);
  }

  @Test
  void mountsThatCannotBeHandedOverSaySoAndGoOn() throws Exception {
    Path configuration = installation.work().resolve("writing-models.conf");
    Path libfuse = installation.mountpoint("libfuse");
    Command mount =
        installation.sluice(
            "mount", "-c", configuration.toString(), "--set", "fuse=jnr", libfuse.toString());
    assertEquals(0, mount.status(), mount::toString);
    refused(libfuse, "fuse = direct");
    Path foreground = installation.mountpoint("foreground");
    Process daemon =
        installation.start("mount", "-f", "-c", configuration.toString(), foreground.toString());
    while (!Mountpoints.isMounted(foreground)) {
      assertTrue(daemon.isAlive(), "it ended before it mounted");
      Thread.sleep(10);
    }
    Command.output("ls", foreground.toString());
    refused(foreground, "in the foreground");
    for (Path other : List.of(libfuse, foreground)) {
      assertEquals(1, Files.size(other.resolve("many/0001")));
      Command umount = installation.sluice("umount", other.toString());
      assertEquals(0, umount.status(), umount::toString);
    }
  }

  @Test
  void whatADiskCacheHasIsTheNewDaemonsAtOnce() throws Exception {
    Path cache = installation.work().resolve("blocks");
    try (BucketMount cached =
        BucketMount.withDiskCache(installation, emulator, Store.S3, "models", cache, "")) {
      Path file = cached.path().resolve("weights.bin");
      String read = "dd if=\"$1\" bs=1M iflag=direct status=none | sha256sum";
      assertEquals(sum, Command.output("sh", "-c", read, "sh", file.toString()).substring(0, 64));
      Command upgrade = installation.sluice("upgrade", cached.path().toString());
      assertEquals(0, upgrade.status(), upgrade::toString);
      emulator.resetCounters();
      assertEquals(sum, Command.output("sh", "-c", read, "sh", file.toString()).substring(0, 64));
      assertEquals(0, emulator.counters().getLong("requests.get"));
      cached.unmount();
    }
  }

  /** systemd would take the service for dead with the process it knows. */
  @Test
  void theServiceManagerIsToldOfTheNewDaemon() throws Exception {
    Path socket = installation.work().resolve("notify");
    Process manager =
        new ProcessBuilder(
                "python3",
                "-c",
                """
                import socket, sys
                manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                manager.bind(sys.argv[1])
                print('listening', flush=True)
                print(manager.recv(100).decode())
                """,
                socket.toString())
            .start();
    try (BufferedReader said = manager.inputReader()) {
      assertEquals("listening", said.readLine());
      Path service = installation.mountpoint("service");
      Command mount =
          installation.sluice(
              Map.of("NOTIFY_SOCKET", socket.toString()),
              "mount",
              "-c",
              installation.work().resolve("writing-models.conf").toString(),
              service.toString());
      assertEquals(0, mount.status(), mount::toString);
      ProcessHandle old = Mountpoints.daemon(service);
      Command upgrade = installation.sluice("upgrade", service.toString());
      assertEquals(0, upgrade.status(), upgrade::toString);
      Mountpoints.awaitEnd(old);
      String told = said.readLine();
      assertEquals("MAINPID=" + Mountpoints.daemon(service).pid(), told);
      Command umount = installation.sluice("umount", service.toString());
      assertEquals(0, umount.status(), umount::toString);
    } finally {
      manager.destroy();
    }
  }

  /** Nobody who uses the mount notices. */
  @Test
  void readersAndWritersMeetNoErrorHoweverOftenItIsUpgraded() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    try (ExecutorService programs = Executors.newCachedThreadPool()) {
      Future<Integer> reads = programs.submit(reader(over));
      Future<Integer> writes = programs.submit(writer(over));
      Future<Integer> lists = programs.submit(lister(over));
      try {
        for (int round = 0; round < ROUNDS; round++) {
          upgrade();
        }
      } finally {
        over.set(true);
      }
      assertTrue(reads.get() > 0, "nothing was read");
      assertTrue(lists.get() > 0, "nothing was listed");
      int written = writes.get();
      assertTrue(written > 0, "nothing was written");
      System.out.printf(
          "%d upgrades: %d files read, %d written, %d listings%n",
          ROUNDS, reads.get(), written, lists.get());
    }
  }

  private Callable<Integer> reader(AtomicBoolean over) {
    return () -> {
      int count = 0;
      while (!over.get() || count == 0) {
        MessageDigest digest = sha256();
        try (FileChannel file = FileChannel.open(path.resolve("weights.bin"))) {
          read(file, SIZE, digest);
        }
        assertEquals(sum, hex(digest));
        count++;
      }
      return count;
    };
  }

  private static byte[] content(int number) {
    byte[] bytes = new byte[new Random(number).nextInt(1, 10 << 20)];
    new Random(number).nextBytes(bytes);
    return bytes;
  }

  private Callable<Integer> writer(AtomicBoolean over) {
    return () -> {
      Path folder = Files.createDirectories(path.resolve("round"));
      int count = 0;
      while (!over.get() || count == 0) {
        byte[] bytes = content(count);
        // Under few names: the store keeps them in its memory.
        String name = Integer.toString(count % 8);
        Path file = folder.resolve(name);
        try (OutputStream stream = Files.newOutputStream(file)) {
          for (int at = 0; at < bytes.length; at += 100_000) {
            stream.write(bytes, at, Math.min(100_000, bytes.length - at));
          }
        }
        assertEquals(hex(digestOf(bytes)), emulator.sha256("models", "round/" + name));
        assertEquals(bytes.length, Files.size(file));
        count++;
      }
      return count;
    };
  }

  private Callable<Integer> lister(AtomicBoolean over) {
    return () -> {
      int count = 0;
      while (!over.get() || count == 0) {
        try (var names = Files.list(path.resolve("many"))) {
          assertEquals(SMALL_FILES, names.distinct().count());
        }
        count++;
      }
      return count;
    };
  }
}
