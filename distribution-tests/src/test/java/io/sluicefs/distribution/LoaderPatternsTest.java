// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.distribution.ReadOnlyBucket.Downloaded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is downloaded when files are read in the orders of model loaders, with half as much memory
 * as the file is large. Every byte read is compared. How long it takes is for {@code make
 * bench-patterns}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LoaderPatternsTest {
  private static final long MIB = 1 << 20;
  private static final long SIZE = 192 * MIB;

  private ReadOnlyBucket bucket;
  private Path copy;

  @BeforeAll
  void mountABucket() throws Exception {
    bucket =
        ReadOnlyBucket.mounted(
            getClass(), "memory.limit = 224MiB\nprefetch.sequential.chunk-size = 2MiB\n");
    bucket.synthetic("content.bin", SIZE);
    copy = bucket.copy("content.bin");
  }

  @AfterAll
  void unmountIt() throws IOException {
    bucket.close();
  }

  @ParameterizedTest
  @CsvSource({"buffered, 0", "buffered, 0.5", "direct, 0", "direct, 0.5"})
  void processesThatReadAWholeFileDownloadItOnce(String access, String stagger) {
    assertRatio(1.05, "whole", "--processes", "8", "--access", access, "--stagger", stagger);
  }

  @ParameterizedTest
  @ValueSource(strings = {"buffered", "direct"})
  void processesThatReadAShareEachDownloadItOnce(String access) {
    assertRatio(1.05, "shards", "--processes", "8", "--access", access);
  }

  @Test
  void threadsThatShareADescriptorDownloadTheirSharesOnce() {
    assertRatio(1.05, "shards", "--processes", "8", "--access", "direct", "--shared");
  }

  @Test
  void processesThatTakePiecesInTurnDownloadThemOnce() {
    assertRatio(1.05, "striped", "--processes", "8", "--access", "direct", "--piece", mebibytes(4));
  }

  @ParameterizedTest
  @ValueSource(strings = {"buffered", "mmap"})
  void largePiecesInRandomOrderAreDownloadedOnce(String access) {
    assertRatio(1.10, "shuffled", "--piece", mebibytes(16), "--access", access);
  }

  @ParameterizedTest
  @ValueSource(strings = {"buffered", "mmap"})
  void smallPiecesInRandomOrderAreDownloadedOnce(String access) {
    assertRatio(1.25, "shuffled", "--piece", mebibytes(1), "--access", access);
  }

  @ParameterizedTest
  @ValueSource(strings = {"buffered", "direct"})
  void aFewPagesAtRandomCostLittleMoreThanThemselves(String access) {
    Downloaded downloaded = read("scattered", "--count", "200", "--access", access);
    assertTrue(downloaded.bytes() <= 200 * (32 << 10), downloaded::toString);
  }

  @Test
  void ranksThatMapTheirPartsOfEveryTensorDownloadThemOnce() throws Exception {
    Path model = Files.createDirectory(bucket.work().resolve("tensors"));
    Command.output(
        "python3", "-B", Reader.script("safetensors_model.py"), "make", model.toString(), "1");
    Path shard = model.resolve("model-00001-of-00001.safetensors");
    Path file = bucket.stored("tensors.safetensors", shard);
    Downloaded downloaded =
        read(List.of(file), List.of(shard), "tensors", "--processes", "4", "--access", "mmap");
    assertRatio(1.05, downloaded, Files.size(shard));
  }

  @Test
  void anArchiveReadFromBothEndsAndThenForwardIsDownloadedOnce() {
    assertRatio(1.02, "zip", "--piece", mebibytes(4));
  }

  @Test
  void aReaderFromTheMiddleAndOneFromTheStartShareWhatBothRead() {
    assertRatio(1.05, "apart", "--processes", "2");
  }

  @Test
  void withoutThePageCacheTheyShareWhatTheMemoryHolds() {
    // What the first comes to is three quarters of the memory; the windows have the rest.
    long size = 144 * MIB;
    List<Path> file = List.of(bucket.synthetic("apart.bin", size));
    assertRatio(
        1.05, read(file, List.of(), "apart", "--processes", "2", "--access", "direct"), size);
  }

  @Test
  void filesKeptOpenLeaveTheLastAsMuchReadAheadAsTheFirst() {
    int files = 24;
    long size = 32 * MIB;
    List<Path> paths =
        IntStream.range(0, files)
            .mapToObj(number -> bucket.synthetic("kept-%02d.bin".formatted(number), size))
            .toList();
    Downloaded one = read(List.of(bucket.synthetic("alone.bin", size)), List.of(), "whole");
    Downloaded all = read(paths, List.of(), "whole");
    assertRatio(1.0, all, files * size);
    assertTrue(all.requests() <= 1.25 * files * one.requests(), () -> all + " after " + one);
  }

  private void assertRatio(double most, String... pattern) {
    assertRatio(most, read(pattern), SIZE);
  }

  private static void assertRatio(double most, Downloaded downloaded, long wanted) {
    double ratio = (double) downloaded.bytes() / wanted;
    assertTrue(ratio <= most, () -> "downloaded " + ratio + " times, " + downloaded);
  }

  /** Reads an object nobody has read yet. */
  private Downloaded read(String... pattern) {
    String key = String.join("", pattern).replaceAll("[^a-z0-9]", "") + ".bin";
    return read(List.of(bucket.synthetic(key, SIZE)), List.of(copy), pattern);
  }

  private Downloaded read(List<Path> files, List<Path> copies, String... pattern) {
    List<String> command = new ArrayList<>(List.of("python3", "-B", Reader.script("patterns.py")));
    command.add(pattern[0]);
    files.forEach(file -> command.add(file.toString()));
    Collections.addAll(command, Arrays.copyOfRange(pattern, 1, pattern.length));
    command.add("--copies");
    copies.forEach(file -> command.add(file.toString()));
    return bucket.during(command.toArray(String[]::new));
  }

  private static String mebibytes(long count) {
    return Long.toString(count * MIB);
  }
}
