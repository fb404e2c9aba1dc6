// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.testkit.cache.PatternObject;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Bytes that change on the disk, behind the back of the cache. */
@Timeout(300)
class FlippedBytesTest {
  /** How many bytes are flipped; -Dsluice.flips=. */
  private static final int FLIPS = Integer.getInteger("sluice.flips", 1000);

  private final long seed = Long.getLong("sluice.seed", System.nanoTime());

  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path folder;

  @Test
  void noFlippedByteReachesAReaderAndEachThatIsHitIsCounted() throws Exception {
    Random random = new Random(seed);
    PatternObject model = new PatternObject("models/a", 2L << 20);
    Path directory = folder.resolve("cache");
    try (OpenDisk disk = OpenDisk.of(directory, "16MiB")) {
      long loaded = disk.readAndKeep(model);
      assertEquals(model.size(), loaded);
      try (RandomAccessFile file =
          new RandomAccessFile(directory.resolve("blocks").toFile(), "rw")) {
        for (int flip = 0; flip < FLIPS; flip++) {
          file.seek(random.nextLong(8 << 20));
          int before = file.read();
          file.seek(file.getFilePointer() - 1);
          file.write(before ^ 1 << random.nextInt(8));
          loaded += disk.readAndKeep(model);
        }
      } catch (AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
      long corrupt = disk.counter("corrupt-blocks");
      assertTrue(corrupt > FLIPS / 20, () -> "only " + corrupt + " flips were hit");
      assertEquals(
          (loaded - model.size()) / OpenDisk.BLOCK,
          corrupt,
          () -> "each block that was fetched again was counted; seed " + seed);
    }
  }
}
