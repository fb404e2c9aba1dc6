// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code sluice warm} on a mount. */
class WarmTest {
  private static final String BUCKET = "warm";
  private static final long MIB = 1L << 20;
  private static final int ATTEMPTS = 5;
  private static final String CLEAR_LINE = "\r\033[K";

  private final Map<String, Long> sizes =
      new TreeMap<>(
          Map.of(
              "model/one.safetensors",
              40 * MIB + 4097,
              "model/two.safetensors",
              24 * MIB,
              "model/tokenizer/vocabulary.json",
              12_345L,
              "model/empty",
              0L));
  private final long total = sizes.values().stream().mapToLong(Long::longValue).sum();

  private EmulatorProcess emulator;
  private Installation installation;
  private Path mountpoint;
  private Path model;

  @BeforeEach
  void mountAModel() {
    emulator = EmulatorProcess.start();
    emulator.createBucket(BUCKET);
    sizes.forEach((key, size) -> emulator.putSynthetic(BUCKET, key, size, key.hashCode()));
    installation = Installation.open(getClass());
    mountpoint = installation.mountpoint("mnt");
    model = mountpoint.resolve("model");
    Path configuration =
        installation.configuration(
            Store.S3.transport(emulator, BUCKET)
                + """
                mount.read-only = true
                memory.limit = 192MiB
                retry.deadline = 1s
                """);
    assertEquals(
        new Command(0, "", ""),
        installation.sluice("mount", "-c", configuration.toString(), mountpoint.toString()));
    emulator.resetCounters();
  }

  @AfterEach
  void unmountIt() throws IOException {
    Command umount = installation.sluice("umount", mountpoint.toString());
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
    assertEquals(new Command(0, "", ""), umount);
  }

  @Test
  void aTreeIsDownloadedOnceAndReadAgainForNothing() throws Exception {
    undisturbed(
        () -> {
          Command warm = installation.sluice("warm", model.toString());
          assertEquals(0, warm.status(), warm::toString);
          assertEquals("", warm.err(), "what is no terminal sees no progress");
          assertTrue(
              warm.out()
                  .matches("64.0 MiB in 4 files, 64.0 MiB loaded in .* s .*, 64.0 MiB resident\n"),
              warm.out());
          assertEquals(total, downloaded());

          Command check = installation.sluice("warm", "--check", model.toString());
          assertEquals(0, check.status(), check::toString);
          sizes.keySet().forEach(this::assertSameSum);
          Command again = installation.sluice("warm", model.toString());
          assertTrue(again.out().contains(" 0 B loaded "), again.out());
          assertEquals(total, downloaded());
        });
  }

  @Test
  void checkingLoadsNothingAndSaysWhatOfEachFileIsResident() throws Exception {
    undisturbed(
        () -> {
          Path one = mountpoint.resolve("model/one.safetensors");
          assertEquals(0, installation.sluice("warm", one.toString()).status());
          long loaded = downloaded();
          assertEquals(sizes.get("model/one.safetensors"), loaded);

          Command check = installation.sluice("warm", "--check", model.toString());
          assertEquals(1, check.status(), check::toString);
          assertTrue(
              check.out().contains("100 %    40.0 MiB of   40.0 MiB  " + one + "\n"), check.out());
          assertTrue(check.out().contains("  0 %         0 B of   24.0 MiB  "), check.out());
          assertTrue(check.out().endsWith("40.0 MiB of   64.0 MiB  in 4 files\n"), check.out());

          Command json = installation.sluice("warm", "--check", "--json", model.toString());
          assertEquals(1, json.status(), json::toString);
          Config report = ConfigFactory.parseString(json.out());
          assertEquals(total, report.getLong("size"));
          assertEquals(loaded, report.getLong("resident"));
          assertFalse(report.getBoolean("complete"));
          assertEquals(sizes.size(), report.getConfigList("files").size());
          assertEquals(loaded, downloaded());
        });
  }

  @Test
  void whatCannotBeReadIsALineAndTheRestIsLoaded() throws Exception {
    undisturbed(
        () -> {
          emulator.refuse("get", 403, "AccessDenied");
          Path unreadable = mountpoint.resolve("model/tokenizer/vocabulary.json");
          Path absent = model.resolve("absent");
          Path outside = Files.write(installation.work().resolve("local"), new byte[5000]);
          Command warm =
              installation.sluice(
                  "warm", unreadable.toString(), absent.toString(), outside.toString());
          emulator.refuseNothing();
          assertEquals(1, warm.status(), warm::toString);
          assertEquals(
              "sluice: %s: No such file or directory%nsluice: %s: Permission denied%n"
                  .formatted(absent, unreadable),
              warm.err());
          assertEquals(
              0,
              installation.sluice("warm", "--check", outside.toString()).status(),
              "the file beside");
        });
  }

  @Test
  void anObjectReplacedMeanwhileIsLoadedAsItIsNow() throws Exception {
    undisturbed(
        () -> {
          String key = "model/one.safetensors";
          emulator.slowDown(2 * MIB);
          Process warm = installation.start("warm", mountpoint.resolve(key).toString());
          emulator.awaitBytesOut(MIB);
          emulator.putSynthetic(BUCKET, key, 30 * MIB, 99);
          emulator.slowDown(0);
          assertEquals(0, warm.waitFor(), this::output);
          assertSameSum(key);
        });
  }

  @Test
  void aSignalEndsItAtOnceAndItSaysHowFarItCame() throws Exception {
    emulator.slowDown(MIB);
    // Whoever runs the tests in the background may have them ignore the signal.
    Process warm =
        installation.startProgram(
            prepended(
                installation.command("warm", model.toString()), "env", "--default-signal=INT"));
    emulator.awaitBytesOut(MIB);
    Command.output("kill", "-INT", Long.toString(warm.pid()));
    assertEquals(128 + 2, warm.waitFor(), this::output);
    assertTrue(
        output().matches("sluice: interrupted: .* of 64.0 MiB loaded, \\d of 3 files complete\n"),
        this::output);
    emulator.slowDown(0);
  }

  @Test
  void aTerminalSeesProgressAndThenTheResult() throws Exception {
    undisturbed(
        () -> {
          // What is done within a moment shows none.
          emulator.slowDown(MIB);
          Command warm =
              installation.program(
                  prepended(
                      installation.command("warm", model.toString()),
                      "python3",
                      "-c",
                      "import os, pty, sys;"
                          + " sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"));
          emulator.slowDown(0);
          assertEquals(0, warm.status(), warm::toString);
          assertTrue(warm.out().contains(" of 64.0 MiB, "), warm.out());
          assertTrue(warm.out().contains(CLEAR_LINE), warm.out());
          assertTrue(warm.out().endsWith(" resident\r\n"), warm.out());
        });
  }

  @Test
  void whatDoesNotFitFailsWithTheSizes() throws IOException {
    String big = "big/file";
    emulator.putSynthetic(BUCKET, big, 256 * MIB, 1);
    Path file = mountpoint.resolve(big);
    try (ControlGroup group = ControlGroup.withMemory("sluice-warm", 272 * MIB)) {
      Command warm =
          installation.program(group.command(installation.command("warm", file.toString())));
      assertEquals(1, warm.status(), warm::toString);
      assertTrue(
          warm.err()
              .matches(
                  "sluice: only .* of memory are available for 256.0 MiB; not all of it may stay\n"
                      + "sluice: .* of 256.0 MiB are not resident, .* had been and were evicted;"
                      + " .* of memory were available\n"),
          warm.err());
      assertEquals(256 * MIB, downloaded());
    }
  }

  @Test
  void whatCanNeverFitIsNotEvenStarted() throws IOException {
    String huge = "big/file";
    emulator.putSynthetic(BUCKET, huge, 300 * MIB, 1);
    try (ControlGroup group = ControlGroup.withMemory("sluice-warm", 272 * MIB)) {
      Command warm =
          installation.program(
              group.command(installation.command("warm", mountpoint.resolve(huge).toString())));
      assertEquals(1, warm.status(), warm::toString);
      assertTrue(warm.err().startsWith("sluice: nothing is loaded: of 300.0 MiB "), warm.err());
      assertEquals(0, downloaded());
    }
  }

  /**
   * Runs a test that needs what it loads to stay; again if anybody on this machine told Linux to
   * drop the whole page cache meanwhile, as benchmarks do, or Linux is told to take idle pages
   * back; and once more in any case, as it may take single pages back by itself, which it counts
   * nowhere.
   */
  private void undisturbed(Scenario scenario) throws Exception {
    for (int attempt = 1; ; attempt++) {
      long dropped = timesDropped();
      try {
        scenario.run();
        return;
      } catch (AssertionError e) {
        boolean isDisturbed = timesDropped() != dropped || takesIdlePagesBack();
        if ((!isDisturbed && attempt > 1) || attempt == ATTEMPTS) {
          throw e;
        }
        unmountIt();
        mountAModel();
      }
    }
  }

  /** Returns whether DAMON is at work. Source: admin-guide/mm/damon/usage.rst of Linux. */
  private static boolean takesIdlePagesBack() throws IOException {
    Path state = Path.of("/sys/kernel/mm/damon/admin/kdamonds/0/state");
    return Files.exists(state) && Files.readString(state).strip().equals("on");
  }

  private static long timesDropped() throws IOException {
    return Files.readAllLines(Path.of("/proc/vmstat")).stream()
        .filter(line -> line.startsWith("drop_pagecache "))
        .mapToLong(line -> Long.parseLong(line.split(" ", -1)[1]))
        .findFirst()
        .orElse(0);
  }

  /** A test that may have to be run again. */
  private interface Scenario {
    void run() throws Exception;
  }

  private long downloaded() {
    return emulator.counters().getLong("bytes-out");
  }

  private void assertSameSum(String key) {
    String sum = Command.output("sha256sum", mountpoint.resolve(key).toString());
    assertEquals(emulator.sha256(BUCKET, key), sum.substring(0, 64), key);
  }

  /** Returns what a program wrote that was started and not waited for. */
  private String output() {
    try {
      return Files.readString(installation.work().resolve("daemon.out"), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static String[] prepended(String[] words, String... before) {
    String[] all = new String[before.length + words.length];
    System.arraycopy(before, 0, all, 0, before.length);
    System.arraycopy(words, 0, all, before.length, words.length);
    return all;
  }
}
