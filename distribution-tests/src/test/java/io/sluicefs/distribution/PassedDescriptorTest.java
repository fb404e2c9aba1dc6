// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A mount that somebody else has made, as container storage drivers do, and passes on. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class PassedDescriptorTest {
  private static final int SIZE = 20 << 20;

  /** Opens /dev/fuse, mounts it, and goes on as the command, which gets the descriptor. */
  private static final String DRIVER =
      """
      import ctypes, os, sys
      libc = ctypes.CDLL(None, use_errno=True)
      nosuid_nodev = 6
      mountpoint, command = sys.argv[1], sys.argv[2:]
      fd = os.open('/dev/fuse', os.O_RDWR)
      data = f'fd={fd},rootmode=40000,user_id=0,group_id=0,allow_other'
      if libc.mount(b'models', mountpoint.encode(), b'fuse.sluice', nosuid_nodev, data.encode()):
          raise OSError(ctypes.get_errno(), 'mount')
      os.set_inheritable(fd, True)
      os.execvp(command[0], [word.replace('{fd}', str(fd)) for word in command])
      """;

  private EmulatorProcess emulator;
  private Installation installation;
  private Path configuration;

  @BeforeAll
  void startTheStore() {
    emulator = EmulatorProcess.start();
    emulator.createBucket("models");
    emulator.putSynthetic("models", "weights.bin", SIZE, 1);
    installation = Installation.open(getClass());
    configuration =
        installation.configuration(
            Store.S3.transport(emulator, "models") + "memory.limit = 256MiB\n");
  }

  @AfterAll
  void stopTheStore() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  /** Returns what mounts, and serves what was mounted. */
  private String[] driver(Path mountpoint, String... arguments) {
    List<String> words = new ArrayList<>(List.of("python3", "-c", DRIVER, mountpoint.toString()));
    words.addAll(List.of(installation.command(arguments)));
    return words.toArray(String[]::new);
  }

  private void readAndWrite(Path mountpoint) throws IOException {
    Path file = mountpoint.resolve("weights.bin");
    assertEquals(
        emulator.sha256("models", "weights.bin"),
        Command.output("sha256sum", file.toString()).substring(0, 64));
    Path written = mountpoint.resolve(mountpoint.getFileName() + ".txt");
    Files.writeString(written, "written");
    assertEquals("written", Files.readString(written));
    assertEquals(
        Command.output("sha256sum", written.toString()).substring(0, 64),
        emulator.sha256("models", written.getFileName().toString()));
    assertEquals(
        "1024",
        Files.readString(
                Path.of(
                    "/sys/class/bdi",
                    Command.output("stat", "-c", "%Hd:%Ld", mountpoint.toString()).strip(),
                    "read_ahead_kb"))
            .strip());
  }

  @Test
  void itIsServedInTheBackgroundUntilItIsUnmounted() throws Exception {
    Path mountpoint = installation.mountpoint("background");
    Path own = installation.configuration("background.conf", Files.readString(configuration));
    Command mount =
        installation.program(driver(mountpoint, "mount", "-c", own.toString(), "/dev/fd/{fd}"));
    assertEquals(0, mount.status(), mount::toString);
    readAndWrite(mountpoint);
    ProcessHandle daemon =
        ProcessHandle.allProcesses()
            .filter(process -> process.info().commandLine().orElse("").contains(own.toString()))
            .findFirst()
            .orElseThrow();
    Command.output("umount", mountpoint.toString());
    Mountpoints.awaitEnd(daemon);
  }

  @Test
  void itIsServedInTheForegroundUntilItIsUnmounted() throws Exception {
    Path mountpoint = installation.mountpoint("foreground");
    Process daemon =
        installation.startProgram(
            driver(mountpoint, "mount", "-f", "-c", configuration.toString(), "/dev/fd/{fd}"));
    while (!Mountpoints.isMounted(mountpoint)) {
      assertTrue(daemon.isAlive(), "it ended before it mounted");
      Thread.sleep(10);
    }
    // What asks before the daemon answers waits for it.
    readAndWrite(mountpoint);
    Command.output("umount", mountpoint.toString());
    assertTrue(daemon.waitFor(60, TimeUnit.SECONDS));
    assertEquals(
        0, daemon.exitValue(), Files.readString(installation.work().resolve("daemon.out")));
  }

  @Test
  void aSignalEndsTheDaemonAndLeavesTheMountToWhoeverMadeIt() throws Exception {
    Path mountpoint = installation.mountpoint("signal");
    Process daemon =
        installation.startProgram(
            driver(mountpoint, "mount", "-f", "-c", configuration.toString(), "/dev/fd/{fd}"));
    while (!Mountpoints.isMounted(mountpoint)) {
      assertTrue(daemon.isAlive(), "it ended before it mounted");
      Thread.sleep(10);
    }
    Command.output("ls", mountpoint.toString());
    daemon.destroy();
    assertTrue(daemon.waitFor(60, TimeUnit.SECONDS));
    assertEquals(
        0, daemon.exitValue(), Files.readString(installation.work().resolve("daemon.out")));
    assertTrue(Mountpoints.isMounted(mountpoint));
    assertTrue(
        Command.run("ls", mountpoint.toString()).err().contains("endpoint is not connected"));
    Command.output("umount", mountpoint.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "907, , is not open",
    "7, 7</dev/null, is no descriptor of /dev/fuse",
    "7, 7<>/dev/fuse, is not mounted"
  })
  void aDescriptorThatWillNotDoIsRefusedInOneLine(
      int descriptor, @Nullable String redirection, String reason) {
    refused(
        "'%s' mount -c '%s' /dev/fd/" + descriptor + (redirection == null ? "" : " " + redirection),
        reason);
  }

  @Test
  void theOtherChannelServesNoDescriptor() {
    refused("'%s' mount -c '%s' --set fuse=jnr /dev/fd/7 7<>/dev/fuse", "use fuse = direct");
  }

  private void refused(String script, String reason) {
    String sluice = installation.command()[0];
    Command mount = installation.program("sh", "-c", script.formatted(sluice, configuration));
    assertTrue(mount.status() != 0, mount::toString);
    assertEquals(1, mount.err().lines().count(), mount::toString);
    assertTrue(mount.err().contains(reason), mount::toString);
    assertFalse(mount.err().contains("/dev/fd/0"), mount::toString);
  }
}
