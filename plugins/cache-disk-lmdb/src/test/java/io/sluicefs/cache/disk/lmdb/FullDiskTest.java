// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import static io.sluicefs.cache.disk.lmdb.Programs.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluicefs.spi.testkit.cache.PatternObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A cache on a disk that is smaller than its limit, and is not its alone. */
@Timeout(120)
class FullDiskTest {
  private static final long MIB = 1 << 20;
  private static final long DISK = 256 * MIB;

  private final PatternObject model = new PatternObject("models/a", 320 * MIB);

  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path folder;

  private boolean mounted;

  @BeforeEach
  void mountASmallDisk() throws Exception {
    mounted = run("mount", "-t", "tmpfs", "-o", "size=" + DISK, "sluice-test", folder.toString());
    assumeTrue(mounted, "only root mounts a tmpfs");
  }

  @AfterEach
  void unmountIt() throws Exception {
    if (mounted) {
      assertTrue(run("umount", folder.toString()));
    }
  }

  @Test
  void readersMeetNoErrorAndTheFloorIsKept() throws Exception {
    try (OpenDisk disk =
        OpenDisk.of(folder.resolve("cache"), "10GiB", Map.of("free-space-floor", "64MiB"))) {
      for (int first = 0; first < OpenDisk.blocks(model); first += 256) {
        disk.read(model, first, Math.min(first + 256, OpenDisk.blocks(model)));
        disk.cache().awaitFills();
        assertTrue(free() >= 64 * MIB, () -> free() / MIB + " MiB are free");
      }
      assertTrue(disk.cache().stats().usedBytes() > 64 * MIB, "what fits is kept");
      assertEquals(0, disk.counter("read-failures"));
    }
  }

  @Test
  void readersMeetNoErrorWhenTheDiskIsFull() throws Exception {
    try (OpenDisk disk = OpenDisk.of(folder.resolve("cache"), "10GiB")) {
      disk.readAndKeep(model);
      disk.readAndKeep(model);
      assertTrue(disk.cache().stats().usedBytes() > 64 * MIB, "what fits is kept");
    }
    try (OpenDisk disk = OpenDisk.of(folder.resolve("cache"), "10GiB")) {
      assertTrue(disk.cache().stats().usedBytes() > 64 * MIB, "and is there again");
      disk.read(model);
      assertEquals(0, disk.counter("corrupt-blocks"));
    }
  }

  @Test
  void roomThatOthersTakeIsGivenBackAndTakenAgainWhenTheyAreGone() throws Exception {
    PatternObject small = new PatternObject("models/small", 150 * MIB);
    Path others = folder.resolve("others");
    try (OpenDisk disk =
        OpenDisk.of(folder.resolve("cache"), "10GiB", Map.of("free-space-floor", "32MiB"))) {
      disk.readAndKeep(small);
      long before = disk.cache().stats().usedBytes();
      assertTrue(before >= 140 * MIB);
      assertTrue(run("dd", "if=/dev/zero", "of=" + others, "bs=1M", "count=90", "status=none"));
      while (free() < 32 * MIB) {
        // The cache looks once a second; the test's own time limit ends this.
        TimeUnit.MILLISECONDS.sleep(20);
      }
      assertTrue(disk.cache().stats().usedBytes() < before);
      disk.readAndKeep(small);
      Files.delete(others);
      disk.readAndKeep(small);
      disk.readAndKeep(small);
      assertTrue(disk.cache().stats().usedBytes() >= 140 * MIB);
    }
  }

  private long free() {
    try {
      return Files.getFileStore(folder).getUsableSpace();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
