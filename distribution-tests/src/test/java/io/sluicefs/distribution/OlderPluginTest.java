// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A plugin that was compiled against the first version of the SPI, and is kept as it was. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OlderPluginTest {
  private EmulatorProcess emulator;
  private Installation installation;

  @BeforeAll
  void install() throws IOException {
    emulator = EmulatorProcess.start();
    emulator.createBucket("models");
    emulator.putSynthetic("models", "model.bin", 20 << 20, 1);
    installation = Installation.open(getClass()).copy("with-plugin");
    Path folder = Files.createDirectory(installation.home().resolve("plugins/prefetch-next-chunk"));
    Path jar = Path.of(System.getProperty("sluice.older-plugin"));
    Files.copy(jar, folder.resolve(jar.getFileName()));
  }

  @AfterAll
  void stopTheStore() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @Test
  void aPluginOfSpi10LoadsAndPlansTheReadsOfAMount() throws IOException {
    String list = installation.sluice("plugin", "list").out();
    assertTrue(
        list.lines().anyMatch(line -> line.matches("prefetch +next-chunk +1\\.0 +1\\.0 .*")), list);
    Path configuration =
        installation.configuration(
            Store.S3.transport(emulator, "models")
                + """
                prefetch.next-chunk { chunk-size = 4MiB }
                memory.limit = 256MiB
                mount.read-only = true
                """);
    Path mountpoint = installation.mountpoint("mnt");
    assertEquals(
        new Command(0, "", ""),
        installation.sluice("mount", "-c", configuration.toString(), mountpoint.toString()));
    emulator.resetCounters();
    assertEquals(
        emulator.sha256("models", "model.bin"),
        Command.output("sha256sum", mountpoint.resolve("model.bin").toString()).substring(0, 64));
    // Without plans each read of Linux, of 1 MiB at most, is a request of its own.
    assertTrue(emulator.counters().getLong("requests.get") < 20, emulator.counters().toString());
    assertEquals(new Command(0, "", ""), installation.sluice("umount", mountpoint.toString()));
  }
}
