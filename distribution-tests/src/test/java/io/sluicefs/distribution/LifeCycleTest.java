// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A daemon's start and its ends, wanted and unwanted. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LifeCycleTest {
  private static final long SIZE = 400L << 20;

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

  @Test
  void aDaemonKilledUnderLoadLeavesAMountpointTheNextMountHeals() throws Exception {
    Path mountpoint = installation.mountpoint("killed");
    mounted(mountpoint);
    Process reader =
        new ProcessBuilder("cat", mountpoint.resolve("weights.bin").toString())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    Mountpoints.daemon(mountpoint).destroyForcibly();
    assertTrue(reader.waitFor(30, TimeUnit.SECONDS), "the reader hangs on a dead daemon");

    mounted(mountpoint);
    assertEquals(
        emulator.sha256("models", "weights.bin"),
        Command.output("sha256sum", mountpoint.resolve("weights.bin").toString()).substring(0, 64));
    unmounted(mountpoint);
  }

  @Test
  void umountCleansTheMountpointOfADeadDaemon() throws Exception {
    Path mountpoint = installation.mountpoint("dead");
    mounted(mountpoint);
    ProcessHandle daemon = Mountpoints.daemon(mountpoint);
    daemon.destroyForcibly();
    Mountpoints.awaitEnd(daemon);
    unmounted(mountpoint);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void aSignalUnmountsCleanly(String signal) throws Exception {
    Path mountpoint = installation.mountpoint("signal-" + signal);
    Process daemon =
        installation.start("mount", "-f", "-c", configuration.toString(), mountpoint.toString());
    await(() -> Mountpoints.isMounted(mountpoint));
    Command.output("ls", mountpoint.toString());
    Command.output("kill", "-" + signal, Long.toString(daemon.pid()));
    assertTrue(daemon.waitFor(30, TimeUnit.SECONDS));
    assertEquals(
        0, daemon.exitValue(), Files.readString(installation.work().resolve("daemon.out")));
    assertFalse(Mountpoints.isMounted(mountpoint));
  }

  @Test
  void aSignalUnmountsCleanlyAsSoonAsTheMountIsSeen() throws Exception {
    Path mountpoint = installation.mountpoint("signal-at-once");
    for (int round = 0; round < 5; round++) {
      Process daemon =
          installation.start("mount", "-f", "-c", configuration.toString(), mountpoint.toString());
      while (!Files.exists(mountpoint.resolve("weights.bin"))) {
        assertTrue(daemon.isAlive(), said());
        Thread.onSpinWait();
      }
      daemon.destroy();
      assertTrue(daemon.waitFor(30, TimeUnit.SECONDS));
      assertEquals(0, daemon.exitValue(), said());
      assertFalse(Mountpoints.isMounted(mountpoint));
    }
  }

  /** Starts a daemon that writes and ends soon, and returns it when its mountpoint answers. */
  private Process writing(Path mountpoint) throws Exception {
    Path writable =
        installation.configuration(
            "writing.conf",
            Store.S3.transport(emulator, "models")
                + """
                memory.limit = 256MiB
                write.staging.path = "%s"
                shutdown.deadline = 12s
                """
                    .formatted(installation.mountpoint("staging")));
    Process daemon =
        installation.start("mount", "-f", "-c", writable.toString(), mountpoint.toString());
    await(() -> Mountpoints.isMounted(mountpoint));
    Command.output("ls", mountpoint.toString());
    return daemon;
  }

  private String said() throws IOException {
    return Files.readString(installation.work().resolve("daemon.out"));
  }

  @Test
  void aFileThatIsBeingStoredWhenTheDaemonIsToldToEndIsStored() throws Exception {
    Path mountpoint = installation.mountpoint("storing");
    Process daemon = writing(mountpoint);
    emulator.refuse("put", 503, "SlowDown");
    Process writer =
        new ProcessBuilder("sh", "-c", "echo stored >\"$1\"", "sh", mountpoint + "/stored").start();
    await(() -> emulator.counters().getLong("requests.put") > 0);
    daemon.destroy();
    await(() -> !Mountpoints.isMounted(mountpoint));
    emulator.refuseNothing();
    assertTrue(daemon.waitFor(60, TimeUnit.SECONDS));
    assertEquals(0, daemon.exitValue(), said());
    assertTrue(writer.waitFor(30, TimeUnit.SECONDS));
    assertEquals(0, writer.exitValue(), said());
    assertTrue(emulator.keys("models").contains("stored"), said());
  }

  @Test
  void aDaemonToldToEndSaysWhatItLeftAndEndsWithAnError() throws Exception {
    Path mountpoint = installation.mountpoint("leaving");
    Process daemon = writing(mountpoint);
    try (OutputStream open = Files.newOutputStream(mountpoint.resolve("left"))) {
      open.write(1);
      daemon.destroy();
      assertTrue(daemon.waitFor(60, TimeUnit.SECONDS));
    } catch (IOException e) {
      assertFalse(daemon.isAlive(), "closing failed while the daemon lived");
    }
    assertEquals(1, daemon.exitValue(), said());
    assertTrue(said().contains("left was still open and is not stored"), said());
    assertFalse(emulator.keys("models").contains("left"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void aMountNobodyWaitsForAnyMoreIsGivenUp(String signal) throws Exception {
    Path mountpoint = installation.mountpoint("given-up-" + signal);
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Path unanswered =
          installation.configuration(
              "silent.conf",
              """
              transport.s3 {
                endpoint = "http://127.0.0.1:%d"
                region = us-east-1
                bucket = models
                path-style = true
              }
              """
                  .formatted(silent.getLocalPort()));
      Process waiting =
          installation.start("mount", "-c", unanswered.toString(), mountpoint.toString());
      // It has opened its log and its plugins, and asks a store that does not answer.
      try (Socket asking = silent.accept()) {
        ProcessHandle daemon = Mountpoints.daemon(mountpoint);
        Command.output("kill", "-" + signal, Long.toString(waiting.pid()));
        assertTrue(waiting.waitFor(30, TimeUnit.SECONDS));
        Mountpoints.awaitEnd(daemon);
        assertTrue(asking.isConnected());
      }
      assertFalse(Mountpoints.isMounted(mountpoint));
    }
  }

  /** As in a container whose first process is a program that knows nothing of daemons. */
  @Test
  void umountDoesNotWaitForTheParentOfTheDaemonToNoticeItsEnd() throws Exception {
    Path mountpoint = installation.mountpoint("unreaped");
    Process parent =
        installation.startProgram(
            "sh",
            "-c",
            "\"$@\" & exec cat",
            "sh",
            installation.home().resolve("bin/sluice").toString(),
            "mount",
            "-f",
            "-c",
            configuration.toString(),
            mountpoint.toString());
    await(() -> Mountpoints.isMounted(mountpoint));
    Command.output("ls", mountpoint.toString());
    unmounted(mountpoint);
    assertEquals(1, parent.children().count(), "the daemon's parent has noticed its end");
    parent.getOutputStream().close();
    assertTrue(parent.waitFor(30, TimeUnit.SECONDS));
  }

  @Test
  void unmountingFromOutsideEndsTheDaemon() throws Exception {
    Path mountpoint = installation.mountpoint("outside");
    mounted(mountpoint);
    ProcessHandle daemon = Mountpoints.daemon(mountpoint);
    Command.output("umount", mountpoint.toString());
    Mountpoints.awaitEnd(daemon);
    assertFalse(Mountpoints.isMounted(mountpoint));
  }

  @Test
  void theSamePlaceIsNotMountedTwice() {
    Path mountpoint = installation.mountpoint("twice");
    mounted(mountpoint);
    Command second =
        installation.sluice("mount", "-c", configuration.toString(), mountpoint.toString());
    assertEquals(1, second.err().lines().count(), second.err());
    assertTrue(second.status() != 0 && second.err().contains(mountpoint.toString()), second.err());
    unmounted(mountpoint);
  }

  @Test
  void noSecretIsInTheDaemonsArguments() throws IOException {
    Path mountpoint = installation.mountpoint("secret");
    mounted(mountpoint);
    String arguments =
        Files.readString(
            Path.of("/proc", Long.toString(Mountpoints.daemon(mountpoint).pid()), "cmdline"));
    assertFalse(arguments.contains(EmulatorProcess.ACCESS_KEY_SECRET));
    unmounted(mountpoint);
  }

  private void mounted(Path mountpoint) {
    Command mount =
        installation.sluice("mount", "-c", configuration.toString(), mountpoint.toString());
    assertEquals(0, mount.status(), mount.toString());
    assertTrue(Mountpoints.isMounted(mountpoint));
  }

  private void unmounted(Path mountpoint) {
    Command umount = installation.sluice("umount", mountpoint.toString());
    assertEquals(0, umount.status(), umount.toString());
    assertFalse(Mountpoints.isMounted(mountpoint));
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    Instant deadline = Instant.now().plus(Duration.ofSeconds(30));
    while (!condition.getAsBoolean()) {
      assertTrue(Instant.now().isBefore(deadline), "waited too long");
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }
}
