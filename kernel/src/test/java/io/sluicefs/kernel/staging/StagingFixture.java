// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Areas and bytes for tests of staging. */
final class StagingFixture {
  static final Path MOUNTPOINT = Path.of("/no/such/mountpoint");
  static final StagedOrigin NEW =
      new StagedOrigin("s3://store/models", "llama/secret-name.bin", null, 0);
  static final ObjectId BASE = new ObjectId("llama/base.bin", "e1");

  private StagingFixture() {}

  @MustBeClosed
  static StagingArea area(Path folder) throws IOException {
    return area(folder, 1L << 30);
  }

  @MustBeClosed
  static StagingArea area(Path folder, long maxSize) throws IOException {
    return StagingArea.open(new StagingOptions(folder, maxSize, 0), MOUNTPOINT);
  }

  static void write(StagedFile file, long offset, byte[] bytes) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      file.write(offset, arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes));
    }
  }

  static void write(StagedFile file, long offset, String text) throws IOException {
    write(file, offset, text.getBytes(StandardCharsets.UTF_8));
  }

  static byte[] read(StagedFile file, ByteRange range) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate(range.length());
      file.read(range.start(), target);
      return target.toArray(ValueLayout.JAVA_BYTE);
    }
  }

  static String text(StagedFile file, long start, long end) throws IOException {
    return new String(read(file, new ByteRange(start, end)), StandardCharsets.UTF_8);
  }

  static List<String> names(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  /** Returns the bytes the disk has allocated for a file. */
  static long allocated(Path file) throws IOException, InterruptedException {
    Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
    String blocks = new String(stat.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    stat.waitFor();
    return 512 * Long.parseLong(blocks.strip());
  }
}
