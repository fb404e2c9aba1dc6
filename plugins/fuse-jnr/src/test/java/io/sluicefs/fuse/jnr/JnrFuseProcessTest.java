// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.fuse.FuseChannel;
import io.sluicefs.spi.fuse.MountOptions;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.testkit.fuse.MountedFileSystem;
import io.sluicefs.spi.testkit.fuse.Pattern;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(value = 2, unit = TimeUnit.MINUTES)
class JnrFuseProcessTest {
  private final Path working = Path.of("target", "fuse-processes").toAbsolutePath();
  private final Path mountpoint = working.resolve("mount");
  private final Path temporary = working.resolve("tmp");
  private MountedProcess process;

  @SuppressWarnings("NullAway.Init") // set before each test
  JnrFuseProcessTest() {}

  @BeforeEach
  void startProgram() throws Exception {
    Files.createDirectories(working);
    MountedFileSystem.clean(working);
    Files.createDirectory(mountpoint);
    Files.createDirectory(temporary);
    process = MountedProcess.start(mountpoint, temporary);
  }

  @AfterEach
  void endProgram() throws Exception {
    process.close();
    MountedFileSystem.clean(working);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT", "HUP"})
  void aSignalReachesTheShutdownHookOfTheJvm(String signal) throws Exception {
    assertArrayEquals(
        Pattern.bytes(2, 0, 12_345), Files.readAllBytes(mountpoint.resolve("dir/small")));
    assertEquals(List.of("hook", "closed"), process.end(signal));
    assertFalse(MountedFileSystem.isMounted(mountpoint));
  }

  @Test
  void theNativeLibraryIsGoneFromTheTemporaryFolderOnceLoaded() throws Exception {
    try (Stream<Path> left = Files.list(temporary)) {
      assertEquals(List.of(), left.filter(path -> !path.endsWith("hsperfdata_root")).toList());
    }
  }

  @Test
  void theMountOfAKilledProcessIsNamedForWhatItIs() throws Exception {
    process.close();
    IOException refusal = assertThrows(IOException.class, this::openHere);
    assertTrue(
        String.valueOf(refusal.getMessage()).contains("holds a dead mount"), refusal.toString());
  }

  private void openHere() throws Exception {
    JnrFuseChannelProvider provider = new JnrFuseChannelProvider();
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
