// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one mount recorded is read ahead by the next. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TracesTest {
  private static final String BUCKET = "models";
  private static final int PIECES = 160;

  /** Half of the last piece is missing, and it ends within a granule. */
  private static final long SIZE = ((PIECES - 1) << 20) + (1 << 19) + 777;

  private EmulatorProcess emulator;
  private Installation installation;
  private Path mountpoint;
  private String reader;

  @BeforeAll
  void storeAFile() {
    installation = Installation.open(getClass());
    emulator = EmulatorProcess.start();
    emulator.createBucket(BUCKET);
    emulator.putSynthetic(BUCKET, "weights.bin", SIZE, 7);
    mountpoint = installation.mountpoint("mnt");
    reader = Readers.script("shuffled.py");
  }

  @AfterAll
  void removeIt() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  @ParameterizedTest
  @ValueSource(strings = {"sequential", "[model, sequential]"})
  void aLoadInAnyOrderIsReadAheadInThatOrderTheNextTime(String prefetchers) throws IOException {
    Path trace = installation.work().resolve("order.trace");
    String sum = load("prefetch { use = %s, record = \"%s\" }".formatted(prefetchers, trace));
    List<String> lines = Files.readAllLines(trace);
    assertEquals("sluice-trace 1", lines.getFirst());
    assertEquals("end", lines.getLast());
    assertTrue(lines.size() <= PIECES + 3, () -> lines.size() + " lines for " + PIECES + " runs");

    assertEquals(sum, load("prefetch { use = %s, replay = \"%s\" }".formatted(prefetchers, trace)));

    Config counters = emulator.counters();
    assertEquals(SIZE, counters.getLong("bytes-out"), "no byte twice, and none for nothing");
    int requests = counters.getInt("requests.get");
    assertTrue(
        requests <= PIECES + PIECES / 4,
        () -> requests + " requests for " + PIECES + " pieces of eight reads each");
    Files.delete(trace);
  }

  @Test
  void aMountMayGoByWhatTheOneBeforeItRecorded() throws IOException {
    Path trace = installation.work().resolve("own.trace");
    String both = "prefetch { record = \"%s\", replay = \"%s\" }".formatted(trace, trace);
    load(both);
    List<String> first = Files.readAllLines(trace);
    load(both);

    assertEquals(SIZE, emulator.counters().getLong("bytes-out"));
    assertEquals(first, Files.readAllLines(trace));
  }

  @Test
  void whatIsNoTraceIsAnErrorAtMount() throws IOException {
    Path other = Files.writeString(installation.work().resolve("other.txt"), "{\"a\": 1}\n");
    assertRefused("prefetch.replay = \"%s\"".formatted(other), other + " is no trace");
    Path missing = installation.work().resolve("missing");
    assertRefused("prefetch.replay = \"%s\"".formatted(missing), missing + " does not exist");
    assertRefused(
        "prefetch.record = \"%s/x.trace\"".formatted(missing), "prefetch.record: cannot write");
  }

  private void assertRefused(String setting, String reason) {
    Command mount = mount(setting);
    assertEquals(1, mount.err().lines().count(), mount::toString);
    assertTrue(mount.status() != 0 && mount.err().contains(reason), mount::toString);
  }

  private Command mount(String setting) {
    Path configuration =
        installation.configuration(
            Store.S3.transport(emulator, BUCKET)
                + "memory.limit = 256MiB\nmount.read-only = true\n"
                + setting);
    return installation.sluice("mount", "-c", configuration.toString(), mountpoint.toString());
  }

  /** Loads the file through a mount of its own; returns its checksum. */
  private String load(String setting) {
    Command mount = mount(setting);
    assertEquals(0, mount.status(), mount::toString);
    try {
      emulator.resetCounters();
      return Command.output("python3", reader, mountpoint.resolve("weights.bin").toString());
    } finally {
      Command umount = installation.sluice("umount", mountpoint.toString());
      assertEquals(0, umount.status(), umount::toString);
    }
  }
}
