// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A model that is read by eight processes with sixty open files each, all of them and the daemon in
 * one control group that Linux holds to its limit. Give -Dsluice.capped-gib=16 for a model of that
 * size, -Dsluice.capped-limit-mib=1024 and -Dsluice.capped-group-mib=1536 for the memory.
 */
class CappedMemoryTest {
  private static final String BUCKET = "capped";
  private static final int READERS = 8;
  private static final int FILES = 60;
  private static final long MODEL =
      (long) (Double.parseDouble(System.getProperty("sluice.capped-gib", "1")) * (1L << 30));
  private static final long LIMIT = Long.getLong("sluice.capped-limit-mib", 300) << 20;
  private static final long GROUP = Long.getLong("sluice.capped-group-mib", 450) << 20;
  private static final long SIZE = MODEL / FILES;
  private static final Pattern PEAK = Pattern.compile("VmHWM:\\s+(\\d+) kB");

  private ControlGroup group;
  private EmulatorProcess emulator;
  private Installation installation;
  private Path mountpoint;

  @BeforeEach
  void startAStoreOutsideOfTheGroup() {
    group = ControlGroup.withMemory("sluice-capped", GROUP);
    emulator = EmulatorProcess.start();
    emulator.createBucket(BUCKET);
    for (int i = 0; i < FILES; i++) {
      emulator.putSynthetic(BUCKET, "file-%02d".formatted(i), SIZE, i);
    }
    installation = Installation.open(getClass());
    mountpoint = installation.mountpoint("mnt");
  }

  @AfterEach
  void endAll() throws IOException {
    if (group == null) {
      return;
    }
    if (Mountpoints.isMounted(mountpoint)) {
      installation.sluice("umount", mountpoint.toString());
    }
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
    group.close();
  }

  @Test
  void theDaemonStaysBelowItsLimitAndNobodyIsKilled() throws IOException {
    long peak = peakAfterReadingAll("memory.limit = %dMiB\n".formatted(LIMIT >> 20));
    assertTrue(peak <= LIMIT, () -> "the daemon took " + peak + " bytes of " + LIMIT);
  }

  @Test
  void withoutASettingTheLimitIsHalfOfTheGroupsAndNotOfTheMachine() throws IOException {
    long peak = peakAfterReadingAll("");
    assertTrue(
        peak <= GROUP / 2, () -> "the daemon took " + peak + " bytes of a group of " + GROUP);
  }

  private static String script() {
    try {
      return Path.of(CappedMemoryTest.class.getResource("/readers/open_files.py").toURI())
          .toString();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private long peakAfterReadingAll(String settings) throws IOException {
    Path configuration =
        installation.configuration(
            Store.S3.transport(emulator, BUCKET) + "mount.read-only = true\n" + settings);
    Command mount =
        installation.program(
            group.command(
                installation.command(
                    "mount", "-c", configuration.toString(), mountpoint.toString())));
    assertEquals(new Command(0, "", ""), mount);
    Command readers =
        Command.run(
            group.command(
                "python3", "-B", script(), Integer.toString(READERS), mountpoint.toString()));
    assertEquals(new Command(0, FILES * SIZE + "\n", ""), readers);
    assertEquals(0, group.killed(), "processes killed for want of memory");
    Matcher peak =
        PEAK.matcher(
            Files.readString(
                Path.of("/proc", Long.toString(Mountpoints.daemon(mountpoint).pid()), "status")));
    assertTrue(peak.find());
    assertEquals(0, installation.sluice("umount", mountpoint.toString()).status());
    return Long.parseLong(peak.group(1)) << 10;
  }
}
