// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.fuse.FuseChannel;
import io.sluicefs.spi.fuse.MountOptions;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.testkit.fuse.MountedFileSystem;
import io.sluicefs.spi.testkit.fuse.Program;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 2, unit = TimeUnit.MINUTES)
class DirectFuseProcessTest {
  private static final String NOBODY = "65534";
  private static final String AS_NOBODY =
      "setpriv --reuid " + NOBODY + " --regid " + NOBODY + " --clear-groups";

  private final Path working = Path.of("target", "fuse-processes").toAbsolutePath();
  private final Path mountpoint = working.resolve("mount");

  @BeforeEach
  void makeMountpoint() throws Exception {
    Files.createDirectories(working);
    MountedFileSystem.clean(working);
    Files.createDirectory(mountpoint);
  }

  @AfterEach
  void cleanUp() throws Exception {
    MountedFileSystem.clean(working);
  }

  /** Starts the program, after a prefix, and returns when it is mounted. */
  private Process start(String... prefix) throws IOException {
    List<String> command = new ArrayList<>(List.of(prefix));
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx64m",
            "-XX:-UsePerfData",
            "--enable-native-access=ALL-UNNAMED",
            "--illegal-native-access=deny",
            "-cp",
            // On the class path as a whole: what is tried here does not depend on modules.
            String.join(
                File.pathSeparator,
                Path.of("target", "test-classes").toString(),
                System.getProperty("jdk.module.path", ""),
                System.getProperty("java.class.path")),
            MountedProgram.class.getName(),
            mountpoint.toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = process.inputReader().readLine();
    if (!"mounted".equals(said)) {
      process.destroyForcibly().onExit().join();
      throw new IOException("not mounted: " + said);
    }
    return process;
  }

  /** Sends a signal, waits for the end, and returns what the process said. */
  private static List<String> end(Process process, String signal) throws Exception {
    BufferedReader output = process.inputReader();
    Program.output("kill", "-" + signal, Long.toString(process.pid()));
    List<String> said = output.lines().toList();
    process.waitFor();
    return said;
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT", "HUP"})
  void aSignalReachesTheShutdownHookOfTheJvm(String signal) throws Exception {
    // A JVM leaves alone what its parent has it ignore, as nohup does.
    Process process = start("env", "--default-signal");
    assertEquals(12_345, Files.readAllBytes(mountpoint.resolve("dir/small")).length);
    assertEquals(List.of("hook", "closed"), end(process, signal));
    assertFalse(MountedFileSystem.isMounted(mountpoint));
  }

  @Test
  void aUserOtherThanRootMountsAndUnmounts() throws Exception {
    Program.output("chown", NOBODY, mountpoint.toString());
    // Hosts let everybody open /dev/fuse; where this one does not, it looks so to the program.
    Path device = working.resolve("device");
    String namespace =
        """
        mknod %1$s c 10 229 && chmod 666 %1$s && mount --bind %1$s /dev/fuse || exit
        exec %2$s "$@"
        """
            .formatted(device, AS_NOBODY);
    Process process = start("unshare", "--mount", "sh", "-c", namespace, "sh");
    String mounts = Files.readString(Path.of("/proc", Long.toString(process.pid()), "mountinfo"));
    String mount =
        mounts.lines().filter(line -> line.contains(mountpoint.toString())).findFirst().orElse("");
    assertTrue(mount.contains("nosuid,nodev") && mount.contains("fuse.sluice"), mounts);
    assertTrue(mount.contains("user_id=65534"), mount);
    String read =
        "nsenter --mount --target %d %s wc -c %s"
            .formatted(process.pid(), AS_NOBODY, mountpoint.resolve("dir/small"));
    assertTrue(Program.output("sh", "-c", read).startsWith("12345 "));
    assertEquals(List.of("hook", "closed"), end(process, "TERM"));
  }

  @Test
  void theMountOfAKilledProcessIsNamedForWhatItIs() throws Exception {
    Process process = start();
    process.destroyForcibly().onExit().join();
    IOException refusal = assertThrows(IOException.class, this::openHere);
    assertTrue(
        String.valueOf(refusal.getMessage()).contains("holds a dead mount"), refusal.toString());
  }

  private void openHere() throws Exception {
    DirectFuseChannelProvider provider = new DirectFuseChannelProvider();
    MountOptions options =
        new MountOptions(
            mountpoint,
            "memory",
            true,
            false,
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO,
            1 << 17);
    try (LeakCheckedMemory memory = new LeakCheckedMemory(64 << 20);
        FuseChannel channel = provider.open(TestContext.of(provider, Map.of(), memory), options)) {
      channel.unmount();
    }
  }
}
