// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A daemon that gets SIGKILL while programs write, and what is in the store then. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KilledWriterTest {
  private EmulatorProcess emulator;
  private Installation installation;
  private SampleTree sample;

  @BeforeAll
  void startTheStore() throws IOException {
    installation = Installation.open(getClass());
    emulator =
        EmulatorProcess.start("--directory", installation.work().resolve("store").toString());
    sample = SampleTree.make(installation.work().resolve("sample"));
  }

  @AfterAll
  void stopTheStore() throws IOException {
    emulator.close();
    Mountpoints.cleanUnder(installation.work());
  }

  static Stream<Arguments> everyMark() {
    return Arrays.stream(Writer.values())
        .flatMap(
            writer ->
                IntStream.rangeClosed(1, writer.marks())
                    .mapToObj(mark -> Arguments.of(writer, mark)));
  }

  /** What was closed is in the store, what was not is not, and nothing is there in part. */
  @ParameterizedTest
  @MethodSource("everyMark")
  void theStoreHoldsExactlyWhatTheWriterHadClosed(Writer writer, int mark) throws Exception {
    try (WritableMount mount = open(Store.S3, writer.slug() + "-" + mark)) {
      Process script = writer.start(mount.path(), mark);
      try {
        String line = lineOf(script, mark);
        mount.kill();
        script.getOutputStream().close();
        assertTrue(script.waitFor(60, TimeUnit.SECONDS), "the writer hangs on a dead daemon");
        assertStored(mount, line);
        mount.mount();
        assertUploadsAreListed(mount);
        assertReadable(mount);
        mount.unmount();
      } finally {
        script.destroyForcibly();
      }
    }
  }

  static Stream<Arguments> programs() {
    return Stream.of(
        Arguments.of("tar", "tar -C '%1$s' -cf - . | tar -C '%2$s' -xvf -"),
        Arguments.of("cp", "stdbuf -oL cp -av '%1$s/.' '%2$s/'"),
        Arguments.of("rsync", "stdbuf -oL rsync -av '%1$s/' '%2$s/'"));
  }

  @ParameterizedTest
  @MethodSource("programs")
  void aTreeBeingCopiedHasNoFileInPart(String program, String line) throws Exception {
    try (WritableMount mount = open(Store.OSS, "killed-" + program)) {
      Path target = Files.createDirectory(mount.path().resolve("tree"));
      Process copy =
          new ProcessBuilder("sh", "-c", line.formatted(sample.root(), target))
              .redirectErrorStream(true)
              .start();
      killedAfterLines(mount, copy, 25);
      Map<String, String> sums = sample.sumsBelow("tree");
      for (String key : mount.contents().keys()) {
        // rsync's temporary files were not given their names.
        if (sums.containsKey(key)) {
          assertEquals(sums.get(key), mount.contents().sha256(key), key);
        }
      }
      mount.mount();
      assertUploadsAreListed(mount);
      assertReadable(mount);
      mount.unmount();
    }
  }

  @Test
  void aRepositoryBeingAddedToHasNoObjectInPart() throws Exception {
    Git git = new Git(installation.work());
    try (WritableMount mount = open(Store.OSS, "killed-git")) {
      Path repository = mount.path().resolve("repository");
      Command.output("cp", "-r", sample.root().toString(), repository.toString());
      git.run(repository, "init", "-q", "-b", "main");
      git.run(repository, "add", "bin", "many/0");
      git.run(repository, "commit", "-q", "-m", "first");
      Process add =
          new ProcessBuilder("stdbuf", "-oL", "git", "-C", repository.toString(), "add", "-v", "-A")
              .redirectErrorStream(true)
              .start();
      killedAfterLines(mount, add, 10);
      mount.mount();
      git.run(repository, "fsck", "--full", "--strict");
      assertEquals("first\n", git.run(repository, "log", "--format=%s"));
      assertReadable(mount);
      mount.unmount();
    }
  }

  @ParameterizedTest
  @MethodSource("stores")
  void anObjectBeingOverwrittenStaysAsItWas(Store store) throws Exception {
    String bucket = "killed-dd-" + store.slug();
    try (WritableMount mount = open(store, bucket)) {
      emulator.putSynthetic(bucket, "large.bin", 64L << 20, 1);
      String old = emulator.sha256(bucket, "large.bin");
      Process dd =
          new ProcessBuilder(
                  "dd", "of=" + mount.path().resolve("large.bin"), "bs=1M", "iflag=fullblock")
              .redirectErrorStream(true)
              .start();
      byte[] piece = new byte[1 << 20];
      try (OutputStream in = dd.getOutputStream()) {
        Random random = new Random(1);
        for (int i = 0; i < 48; i++) {
          random.nextBytes(piece);
          in.write(piece);
        }
        in.flush();
        mount.kill();
      } catch (IOException e) {
        // dd ends as soon as a write of its own fails.
        assertTrue(e.getMessage().contains("Broken pipe"), e.getMessage());
      }
      assertTrue(dd.waitFor(60, TimeUnit.SECONDS), "dd hangs on a dead daemon");
      assertTrue(dd.exitValue() != 0, "dd says that it succeeded");
      assertEquals(old, emulator.sha256(bucket, "large.bin"));
      mount.mount();
      assertUploadsAreListed(mount);
      assertEquals(
          old,
          Command.output("sha256sum", mount.path().resolve("large.bin").toString())
              .substring(0, 64));
      mount.unmount();
    }
  }

  static Stream<Store> stores() {
    return Arrays.stream(Store.values());
  }

  private WritableMount open(Store store, String name) {
    return WritableMount.open(installation, emulator, store, name);
  }

  private static String lineOf(Process script, int mark) throws IOException {
    BufferedReader out = script.inputReader(StandardCharsets.UTF_8);
    String line = out.readLine();
    while (line != null && JsonLine.number(line, "mark") < mark) {
      line = out.readLine();
    }
    assertNotNull(line, "the writer ended before its mark " + mark);
    return line;
  }

  /** Kills the daemon under a program that goes on writing. */
  private static void killedAfterLines(WritableMount mount, Process program, int lines)
      throws Exception {
    try {
      BufferedReader out = program.inputReader(StandardCharsets.UTF_8);
      for (int i = 0; i < lines; i++) {
        assertNotNull(out.readLine(), "the program ended too early");
      }
      mount.kill();
      while (out.readLine() != null) {
        // What it says of a dead mount is of no interest, that it ends is.
      }
      assertTrue(program.waitFor(60, TimeUnit.SECONDS), "the program hangs on a dead daemon");
    } finally {
      program.destroyForcibly();
    }
  }

  private static void assertStored(WritableMount mount, String line) {
    Map<String, String> closed = JsonLine.strings(line, "closed");
    Map<String, List<?>> open = JsonLine.lists(line, "open");
    List<String> keys = mount.contents().keys();
    closed.forEach(
        (key, sum) -> {
          assertTrue(keys.contains(key), key + " was closed and is not in the store");
          assertEquals(sum, mount.contents().sha256(key), key);
        });
    open.forEach(
        (key, allowed) ->
            assertTrue(
                allowed.contains(keys.contains(key) ? mount.contents().sha256(key) : null),
                key + " was open; the store may hold " + allowed));
    for (String key : keys) {
      assertTrue(closed.containsKey(key) || open.containsKey(key), key + " is not a file closed");
    }
  }

  /** Bytes that were staged or sent and did not become an object are told to the operator. */
  private void assertUploadsAreListed(WritableMount mount) {
    Command uploads = mount.sluice("uploads");
    assertEquals(0, uploads.status(), uploads::toString);
    for (String key : emulator.pendingUploads(mount.contents().bucket())) {
      assertTrue(uploads.out().contains(key), key + " in:\n" + uploads.out());
    }
  }

  /** Through the mount everything can be read and is what the store has. */
  private static void assertReadable(WritableMount mount) throws IOException {
    for (String key : mount.contents().keys()) {
      Path file = mount.path().resolve(key);
      if (!Files.isSymbolicLink(file)) {
        String sum =
            Command.output("sha256sum", file.toString()).replaceAll("^\\\\", "").substring(0, 64);
        assertEquals(mount.contents().sha256(key), sum, key);
      }
    }
  }
}
