// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.testkit.cache.PatternObject;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is left of the cache when its process, its host or its files met with an accident. */
@Timeout(120)
class DiskCacheRestartTest {
  private static final int INDEX_FLIPS = Integer.getInteger("sluice.index-flips", 60);

  private final long seed = Long.getLong("sluice.seed", System.nanoTime());
  private final PatternObject model = new PatternObject("models/a.safetensors", (8L << 20) + 77);

  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path folder;

  @Test
  void theNextMountLoadsNothing() throws Exception {
    Path directory = folder.resolve("cache");
    try (OpenDisk disk = OpenDisk.of(directory, "64MiB")) {
      assertEquals(model.size(), disk.readAndKeep(model));
    }
    try (OpenDisk disk = OpenDisk.of(directory, "64MiB")) {
      assertEquals(0, disk.read(model));
      assertEquals(0, disk.counter("corrupt-blocks"));
      assertEquals(model.size(), disk.cache().stats().usedBytes());
    }
  }

  @Test
  void anotherVersionIsAnotherObject() throws Exception {
    PatternObject young = new PatternObject(new ObjectId(model.id().key(), "2"), model.size());
    try (OpenDisk disk = OpenDisk.of(folder.resolve("cache"), "64MiB")) {
      disk.readAndKeep(model);
      assertEquals(young.size(), disk.readAndKeep(young));
      assertEquals(0, disk.read(model));
      assertEquals(0, disk.read(young));
    }
  }

  @Test
  void aSmallerLimitIsKeptFromTheNextMountOn() throws Exception {
    Path directory = folder.resolve("cache");
    PatternObject large = new PatternObject("models/large", 40L << 20);
    try (OpenDisk disk = OpenDisk.of(directory, "64MiB")) {
      disk.readAndKeep(large);
    }
    try (OpenDisk disk = OpenDisk.of(directory, "16MiB")) {
      assertTrue(OpenDisk.size(directory) <= 16 << 20);
      assertTrue(disk.read(large) < large.size());
      assertTrue(disk.cache().stats().usedBytes() <= 16 << 20);
    }
  }

  @Test
  void filesCopiedWhileTheyAreWrittenGiveNoWrongByte() throws Exception {
    Path directory = folder.resolve("cache");
    PatternObject large = new PatternObject("models/large", 48L << 20);
    try (OpenDisk disk = OpenDisk.of(directory, "24MiB")) {
      for (int round = 0; round < 6; round++) {
        disk.read(large, 0, OpenDisk.blocks(large) / 6 * (round + 1));
        copy(directory, folder.resolve("copy-" + round));
      }
    }
    for (int round = 0; round < 6; round++) {
      try (OpenDisk disk = OpenDisk.of(folder.resolve("copy-" + round), "24MiB")) {
        disk.readAndKeep(large);
        disk.read(large);
      }
    }
  }

  @Test
  void filesThatWereCutGiveNoWrongByteAndAreUsedAgain() throws Exception {
    Random random = new Random(seed);
    for (String name : new String[] {"blocks", "index/data.mdb"}) {
      Path directory = folder.resolve("cut-" + name.charAt(0));
      for (int round = 0; round < 8; round++) {
        try (OpenDisk disk = OpenDisk.of(directory, "64MiB")) {
          disk.readAndKeep(model);
          assertEquals(0, disk.read(model), () -> "seed " + seed);
        }
        try (RandomAccessFile file = new RandomAccessFile(directory.resolve(name).toFile(), "rw")) {
          file.setLength(random.nextLong(Math.min(file.length(), 8 << 20)));
        }
      }
    }
  }

  @Test
  void aDamagedIndexIsSetAsideAndBegunAnew() throws Exception {
    Path directory = folder.resolve("cache");
    try (OpenDisk disk = OpenDisk.of(directory, "64MiB")) {
      disk.readAndKeep(model);
    }
    Path index = directory.resolve("index/data.mdb");
    Files.write(index, new byte[(int) Files.size(index)]);
    try (OpenDisk disk = OpenDisk.of(directory, "64MiB")) {
      assertEquals(model.size(), disk.readAndKeep(model));
      assertEquals(0, disk.read(model));
    }
    assertTrue(Files.exists(directory.resolve("index.bad/data.mdb")));
    assertTrue(OpenDisk.size(directory) <= 64 << 20);
  }

  @Test
  void aBitFlippedAnywhereInTheIndexGivesNoWrongByte() throws Exception {
    Random random = new Random(seed);
    Path good = folder.resolve("good");
    try (OpenDisk disk = OpenDisk.of(good, "24MiB")) {
      for (int i = 0; i < 4; i++) {
        disk.readAndKeep(new PatternObject("models/" + i, 8L << 20));
      }
    }
    for (int round = 0; round < INDEX_FLIPS; round++) {
      Path flipped = folder.resolve("flipped");
      copy(good, flipped);
      flip(flipped.resolve("index/data.mdb"), random);
      try (OpenDisk disk = OpenDisk.of(flipped, "24MiB")) {
        for (int i = 0; i < 4; i++) {
          disk.read(new PatternObject("models/" + i, 8L << 20));
        }
      } catch (AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  @Test
  void aCacheInUseIsNotLeftBehindByItsLock() throws Exception {
    Path directory = folder.resolve("cache");
    for (int round = 0; round < 3; round++) {
      try (OpenDisk disk = OpenDisk.of(directory, "16MiB")) {
        assertFalse(disk.cache().counters().isEmpty());
      }
    }
  }

  static void flip(Path path, Random random) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      long offset = random.nextLong(file.length());
      file.seek(offset);
      int before = file.read();
      file.seek(offset);
      file.write(before ^ 1 << random.nextInt(8));
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }
}
