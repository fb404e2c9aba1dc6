// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that is killed while it reads, fills and evicts. */
@Timeout(1800)
class KilledProcessTest {
  /** How often; -Dsluice.kills=200 for a long run. */
  private static final int KILLS = Integer.getInteger("sluice.kills", 6);

  private static final int LONGEST_LIFE_MILLIS = 900;

  /** What a process killed by SIGKILL ends with. */
  private static final int KILLED = 128 + 9;

  private final long seed = Long.getLong("sluice.seed", System.nanoTime());

  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path folder;

  @Test
  void whateverMomentItIsKilledAtTheNextOneOpensTheCacheAndNoByteIsWrong() throws Exception {
    Random random = new Random(seed);
    Path directory = folder.resolve("cache");
    for (int kill = 0; kill < KILLS; kill++) {
      Process reader = start(directory, random.nextLong());
      try (BufferedReader out = reader.inputReader(StandardCharsets.UTF_8)) {
        assertEquals(KilledReader.READY, out.readLine(), "it opens the cache; seed " + seed);
        assertFalse(
            reader.waitFor(random.nextInt(LONGEST_LIFE_MILLIS), TimeUnit.MILLISECONDS),
            () -> "it met a wrong byte; seed " + seed);
      } finally {
        reader.destroyForcibly();
      }
      assertEquals(KILLED, reader.waitFor(), () -> "seed " + seed);
      assertTrue(OpenDisk.size(directory) <= KilledReader.MAX_SIZE_BYTES);
      assertFalse(Files.exists(directory.resolve("index.bad")), () -> "seed " + seed);
    }
    try (OpenDisk disk = OpenDisk.of(directory, KilledReader.MAX_SIZE)) {
      for (int i = 0; i < KilledReader.OBJECTS; i++) {
        disk.read(KilledReader.object(i));
      }
    }
  }

  /** Starts a reader with everything this test has, on the class path. */
  private static Process start(Path directory, long seed) throws Exception {
    String classPath =
        Stream.of(
                Path.of(System.getProperty("basedir"), "target", "test-classes").toString(),
                System.getProperty("jdk.module.path", ""),
                System.getProperty("java.class.path", ""))
            .filter(entry -> !entry.isEmpty())
            .collect(Collectors.joining(File.pathSeparator));
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            classPath,
            KilledReader.class.getName(),
            directory.toString(),
            Long.toString(seed))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }
}
