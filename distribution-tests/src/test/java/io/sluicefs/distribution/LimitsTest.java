// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/**
 * What a mount does at the limits of a process: open files, descriptors, entries of a directory.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class LimitsTest {
  private static final int SIZE = 1 << 20;
  private static final int FILES = 64;
  private static final int ENTRIES = Integer.getInteger("sluice.entries", 5000);

  /** Opens a file so often, reads through each descriptor, and closes them. */
  private static final String OPENER =
      """
      import os, resource, sys
      path, count = sys.argv[1], int(sys.argv[2])
      resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, count + 100))
      files = [os.open(path, os.O_RDONLY) for _ in range(count)]
      whole = os.pread(files[0], 1 << 20, 0)
      for i, file in enumerate(files):
          at = i * 97 % (len(whole) - 100)
          assert os.pread(file, 100, at) == whole[at:at + 100], i
      print(len(files))
      """;

  private EmulatorProcess emulator;
  private Installation installation;
  private Path configuration;

  @BeforeAll
  void startTheStore() {
    emulator = EmulatorProcess.start();
    emulator.createBucket("models");
    for (int i = 0; i < FILES; i++) {
      emulator.putSynthetic("models", "shard-" + i, SIZE, i);
    }
    installation = Installation.open(getClass());
    configuration =
        installation.configuration(
            Store.S3.transport(emulator, "models")
                + "memory.limit = 256MiB\nwrite.staging.path = \"%s\"\n"
                    .formatted(installation.mountpoint("staging")));
  }

  @AfterAll
  void stopTheStore() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @Test
  void tenThousandFilesAreOpenAtOnce() {
    Path mountpoint = installation.mountpoint("open");
    Command mount =
        installation.sluice("mount", "-c", configuration.toString(), mountpoint.toString());
    assertEquals(0, mount.status(), mount::toString);
    assertEquals(
        "10000",
        Command.output("python3", "-c", OPENER, mountpoint.resolve("shard-0").toString(), "10000")
            .strip());
    unmount(mountpoint);
  }

  @Test
  void aDaemonOf256DescriptorsReadsAndWritesAsManyFilesAtOnceAsThereAre() {
    Path mountpoint = installation.mountpoint("descriptors");
    Command mount =
        installation.program(
            "sh",
            "-c",
            "ulimit -n 256; exec \"$@\"",
            "sh",
            installation.command()[0],
            "mount",
            "-c",
            configuration.toString(),
            mountpoint.toString());
    assertEquals(0, mount.status(), mount::toString);
    String sums =
        Command.output(
            "sh",
            "-c",
            "cd \"$1\" && ls | xargs -P 64 -n 1 sha256sum",
            "sh",
            mountpoint.toString());
    assertEquals(FILES, sums.lines().count());
    for (String line : sums.lines().toList()) {
      assertEquals(emulator.sha256("models", line.substring(66)), line.substring(0, 64));
    }
    // Not in order, so that each has a staging file.
    Command.output(
        "python3",
        "-c",
        """
        import os, sys
        files = [os.open(f'{sys.argv[1]}/written-{i}', os.O_CREAT | os.O_RDWR) for i in range(200)]
        for i, file in enumerate(files):
            os.pwrite(file, b'end', 20 << 20)
            os.pwrite(file, b'%3d' % i, 0)
        for i, file in enumerate(files):
            assert os.pread(file, 3, 0) == b'%3d' % i, i
            os.ftruncate(file, 3)
            os.close(file)
        """,
        mountpoint.toString());
    assertEquals(
        200, emulator.keys("models").stream().filter(k -> k.startsWith("written")).count());
    assertTrue(emulator.pendingUploads("models").isEmpty());
    unmount(mountpoint);
  }

  @Test
  void aLargeDirectoryIsListedWholeWithBoundedMemory() throws Exception {
    emulator.createBucket("large");
    IntStream.range(0, ENTRIES)
        .parallel()
        .forEach(i -> emulator.put("large", "entry-%07d".formatted(i), new byte[0]));
    Path large =
        installation.configuration(
            "large.conf",
            Store.S3.transport(emulator, "large")
                + "memory.limit = 256MiB\nmount.read-only = true\n");
    Path mountpoint = installation.mountpoint("large");
    Command mount = installation.sluice("mount", "-c", large.toString(), mountpoint.toString());
    assertEquals(0, mount.status(), mount::toString);
    long before = Mountpoints.residentBytes(mountpoint);
    emulator.resetCounters();
    long start = System.nanoTime();
    assertEquals(
        ENTRIES + " ok",
        Command.output(
                "python3",
                "-c",
                """
                import os, sys
                names = os.listdir(sys.argv[1])
                assert len(set(names)) == len(names)
                print(len(names), 'ok')
                """,
                mountpoint.toString())
            .strip());
    long nanos = System.nanoTime() - start;
    assertTrue(emulator.counters().getLong("requests.list") <= ENTRIES / 1000 + 1);
    System.out.printf(
        "%d entries: %.1f s, %d bytes resident an entry%n",
        ENTRIES, nanos / 1e9, (Mountpoints.residentBytes(mountpoint) - before) / ENTRIES);
    unmount(mountpoint);
  }

  private void unmount(Path mountpoint) {
    Command umount = installation.sluice("umount", mountpoint.toString());
    assertEquals(0, umount.status(), umount::toString);
  }
}
