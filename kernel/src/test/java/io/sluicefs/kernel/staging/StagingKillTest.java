// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ByteRange;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

/** A daemon killed while it writes. */
class StagingKillTest {
  private static final int BEFORE_THE_KILL = 500;

  @TempDir Path temp;

  @RepeatedTest(3)
  void everyByteWrittenBeforeTheKillIsKnownAndThere() throws Exception {
    Path folder = temp.resolve("staging");
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Process daemon = start(folder, seed);
    List<StagingProgram.Write> done = new ArrayList<>();
    StagingProgram.Write begun = null;
    try (DataInputStream said = new DataInputStream(daemon.getInputStream())) {
      int kill = BEFORE_THE_KILL + new Random(seed).nextInt(BEFORE_THE_KILL);
      while (true) {
        begun = new StagingProgram.Write(done.size(), said.readInt(), said.readInt());
        if (done.size() == kill) {
          assertEquals(List.of(), Leftovers.in(folder).files());
          // Through the handle, which leaves open what the daemon said before.
          daemon.toHandle().destroyForcibly();
        }
        assertEquals(done.size(), said.readInt());
        done.add(begun);
        begun = null;
      }
    } catch (EOFException e) {
      assertTrue(daemon.waitFor(30, TimeUnit.SECONDS));
    } finally {
      daemon.destroyForcibly();
    }

    assertTrue(done.size() >= BEFORE_THE_KILL, done.size() + " writes");
    check(folder, done, begun);
  }

  private static void check(
      Path folder, List<StagingProgram.Write> done, StagingProgram.@Nullable Write begun)
      throws IOException {
    byte[] expected = new byte[StagingProgram.SPACE];
    ExtentSet written = new ExtentSet();
    for (StagingProgram.Write write : done) {
      System.arraycopy(write.bytes(), 0, expected, write.offset(), write.length());
      written.add(write.range());
    }
    Leftover leftover = Leftovers.in(folder).files().getFirst();
    StagedState state =
        StagingFolder.read(folder.resolve(leftover.id() + ".journal")).orElseThrow();
    Extents found = state.held().snapshot();
    if (begun != null && !found.equals(written.snapshot())) {
      written.add(begun.range());
    }
    assertEquals(written.snapshot(), found);
    assertEquals(found.length(), leftover.staged());

    byte[] data = Files.readAllBytes(leftover.path());
    for (ByteRange range : found) {
      for (int at = (int) range.start(); at < range.end(); at++) {
        // A write that was under way may have changed any of its bytes.
        if (data[at] != expected[at]) {
          assertTrue(begun != null && begun.range().contains(ByteRange.of(at, 1)), "byte " + at);
          assertEquals(begun.bytes()[at - begun.offset()], data[at], "byte " + at);
        }
      }
    }
  }

  private static Process start(Path folder, long seed) throws IOException {
    // On the class path as a whole: what is tried here does not depend on modules.
    String classPath =
        String.join(
            File.pathSeparator,
            Path.of("target", "test-classes").toString(),
            System.getProperty("jdk.module.path", ""),
            System.getProperty("java.class.path"));
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx64m",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            classPath,
            StagingProgram.class.getName(),
            folder.toString(),
            Long.toString(seed))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }
}
