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
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A daemon that gets SIGKILL while programs write, and what is in the store then. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KilledWriterTest {
  private MountedBuckets buckets;
  private SampleTree sample;

  @BeforeAll
  void mountABucketOnEachStore() throws IOException {
    buckets = MountedBuckets.open(getClass(), Store.values());
    sample = SampleTree.make(buckets.installation().work().resolve("sample"));
  }

  @AfterAll
  void unmountThem() throws IOException {
    buckets.close();
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
    BucketMount mount = buckets.mount(Store.S3);
    String name = writer.slug() + "-" + mark;
    Process script = writer.start(mount.folder(name), mark);
    try {
      String line = lineOf(script, mark);
      mount.kill();
      script.getOutputStream().close();
      assertTrue(script.waitFor(60, TimeUnit.SECONDS), "the writer hangs on a dead daemon");
      assertStored(buckets.contents(Store.S3, name), line);
    } finally {
      script.destroyForcibly();
    }
    String listed = assertMountedAgain(Store.S3, name);
    if (writer == Writer.HF_HUB_XET_PARALLEL) {
      // Written out of order, so that the bytes can only be on the disk.
      assertTrue(listed.contains("Staged files") && listed.contains(name), listed);
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
    Path folder = buckets.mount(Store.OSS).folder(program);
    killedAfterLines(25, "sh", "-c", line.formatted(sample.root(), folder));
    BucketContents contents = buckets.contents(Store.OSS, program);
    for (String key : contents.keys()) {
      // Temporary files of rsync were not given their names.
      if (sample.sums().containsKey(key)) {
        assertEquals(sample.sums().get(key), contents.sha256(key), key);
      }
    }
    assertMountedAgain(Store.OSS, program);
  }

  @Test
  void aRepositoryBeingAddedToHasNoObjectInPart() throws Exception {
    Git git = new Git(buckets.installation().work());
    Path repository = buckets.mount(Store.OSS).folder("git").resolve("repository");
    Command.output("cp", "-r", sample.root().toString(), repository.toString());
    git.run(repository, "init", "-q", "-b", "main");
    git.run(repository, "add", "bin", "many/0");
    git.run(repository, "commit", "-q", "-m", "first");
    killedAfterLines(10, "stdbuf", "-oL", "git", "-C", repository.toString(), "add", "-v", "-A");
    assertMountedAgain(Store.OSS, "git");
    git.run(repository, "fsck", "--full", "--strict");
    assertEquals("first\n", git.run(repository, "log", "--format=%s"));
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void anObjectBeingOverwrittenStaysAsItWas(Store store) throws Exception {
    BucketMount mount = buckets.mount(store);
    BucketContents contents = buckets.contents(store, "dd");
    Path file = mount.folder("dd").resolve("large.bin");
    buckets.emulator().putSynthetic(MountedBuckets.bucket(store), "dd/large.bin", 64L << 20, 1);
    String old = contents.sha256("large.bin");
    Process dd =
        new ProcessBuilder("dd", "of=" + file, "bs=1M", "iflag=fullblock")
            .redirectErrorStream(true)
            .start();
    try (OutputStream in = dd.getOutputStream()) {
      byte[] piece = new byte[1 << 20];
      Random random = new Random(1);
      for (int i = 0; i < 48; i++) {
        random.nextBytes(piece);
        in.write(piece);
      }
      in.flush();
      mount.kill();
    } catch (IOException e) {
      // dd ends as soon as a write of its own fails.
      assertTrue(String.valueOf(e.getMessage()).contains("Broken pipe"), e.toString());
    }
    assertTrue(dd.waitFor(60, TimeUnit.SECONDS), "dd hangs on a dead daemon");
    assertTrue(dd.exitValue() != 0, "dd says that it succeeded");
    contents.keys().forEach(key -> assertEquals("large.bin", key));
    assertEquals(old, contents.sha256("large.bin"));
    assertMountedAgain(store, "dd");
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
  private void killedAfterLines(int lines, String... command) throws Exception {
    Process program = new ProcessBuilder(command).redirectErrorStream(true).start();
    try {
      BufferedReader out = program.inputReader(StandardCharsets.UTF_8);
      for (int i = 0; i < lines; i++) {
        assertNotNull(out.readLine(), "the program ended too early");
      }
      buckets.mount(Store.OSS).kill();
      // What it says of a dead mount is of no interest, that it ends is.
      out.transferTo(java.io.Writer.nullWriter());
      assertTrue(program.waitFor(60, TimeUnit.SECONDS), "the program hangs on a dead daemon");
    } finally {
      program.destroyForcibly();
    }
  }

  private static void assertStored(BucketContents contents, String line) {
    Map<String, String> closed = JsonLine.strings(line, "closed");
    Map<String, List<?>> open = JsonLine.lists(line, "open");
    List<String> keys = contents.keys();
    closed.forEach(
        (key, sum) -> {
          assertTrue(keys.contains(key), key + " was closed and is not in the store");
          assertEquals(sum, contents.sha256(key), key);
        });
    open.forEach(
        (key, allowed) ->
            assertTrue(
                allowed.contains(keys.contains(key) ? contents.sha256(key) : null),
                key + " was open; the store may hold " + allowed));
    for (String key : keys) {
      assertTrue(closed.containsKey(key) || open.containsKey(key), key + " is not a closed file");
    }
  }

  /**
   * The same place can be mounted, what is there can be read, and what is not is told, which is
   * returned.
   */
  private String assertMountedAgain(Store store, String folder) {
    BucketMount mount = buckets.mount(store);
    BucketContents contents = buckets.contents(store, folder);
    mount.mount();
    Command uploads = mount.sluice("uploads");
    assertEquals(0, uploads.status(), uploads::toString);
    for (String key : contents.pendingUploads()) {
      assertTrue(uploads.out().contains(folder + "/" + key), key + " in:\n" + uploads.out());
    }
    for (String key : contents.keys()) {
      Path file = mount.path().resolve(folder).resolve(key);
      if (!Files.isSymbolicLink(file)) {
        String sum = Command.output("sha256sum", file.toString()).replaceAll("^\\\\", "");
        assertEquals(contents.sha256(key), sum.substring(0, 64), key);
      }
    }
    return uploads.out();
  }
}
