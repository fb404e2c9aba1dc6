// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The tarball with its own Java, unpacked somewhere else than it was made; {@code make dist-check}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIfSystemProperty(named = "sluice.tarball", matches = ".+")
class TarballTest {
  /** No other Java is to be found. */
  private static final Map<String, String> NO_JAVA = Map.of("JAVA_HOME", "/nonexistent");

  private EmulatorProcess emulator;
  private Installation installation;

  @BeforeAll
  void unpack() {
    emulator = EmulatorProcess.start();
    emulator.createBucket("models");
    emulator.putSynthetic("models", "weights.bin", 64L << 20, 1);
    Path work = Installation.open(getClass()).work();
    installation = new Installation(Tarball.unpack(work), work);
  }

  @AfterAll
  void remove() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void mountsWithTheCacheAndSaysNothing(Store store) throws IOException {
    Path mountpoint = mounted(store, installation);
    String maps =
        Files.readString(
            Path.of("/proc", Long.toString(Mountpoints.daemon(mountpoint).pid()), "maps"));
    assertTrue(maps.contains("/runtime/sluice.aot"), "the daemon does without the cache");
    unmounted(installation, mountpoint);
  }

  @Test
  void mountsWithoutACacheThatIsDamagedAndSaysNothing() throws IOException {
    Installation damaged = installation.copy("damaged");
    Path cache = damaged.home().resolve("runtime/sluice.aot");
    Files.write(cache, new byte[4096], StandardOpenOption.WRITE);
    unmounted(damaged, mounted(Store.S3, damaged));
  }

  @Test
  void mountsWithoutTheCacheWhenALibraryIsAnotherAndSaysNothing() {
    Installation changed = installation.copy("changed");
    Command.output("touch", changed.home().resolve("lib").resolve(anyLibrary()).toString());
    unmounted(changed, mounted(Store.S3, changed));
  }

  private String anyLibrary() {
    return Command.output("ls", installation.home().resolve("lib").toString())
        .lines()
        .findFirst()
        .orElseThrow();
  }

  private Path mounted(Store store, Installation from) {
    Path mountpoint = from.mountpoint("mnt-" + store);
    Path configuration =
        from.configuration(store.transport(emulator, "models") + "memory.limit = 256MiB\n");
    Command mount =
        from.sluice(NO_JAVA, "mount", "-c", configuration.toString(), mountpoint.toString());
    assertEquals(new Command(0, "", ""), mount);
    assertEquals(
        emulator.sha256("models", "weights.bin"),
        Command.output("sha256sum", mountpoint.resolve("weights.bin").toString()).substring(0, 64));
    return mountpoint;
  }

  private static void unmounted(Installation from, Path mountpoint) {
    assertEquals(new Command(0, "", ""), from.sluice(NO_JAVA, "umount", mountpoint.toString()));
    assertFalse(Mountpoints.isMounted(mountpoint));
  }
}
