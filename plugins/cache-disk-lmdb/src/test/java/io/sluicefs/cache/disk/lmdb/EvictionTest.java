// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.cache.KeptCache;
import io.sluicefs.spi.cache.KeptCache.KeptObject;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.testkit.cache.PatternObject;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What goes, what stays, and what an operator says about it. */
@Timeout(120)
class EvictionTest {
  private static final String MAX_SIZE = "32MiB";

  private final LeakCheckedMemory memory = new LeakCheckedMemory(64L << 20);
  private final PatternObject model = new PatternObject("models/a", 8L << 20);
  private final PatternObject huge = new PatternObject("models/huge", 96L << 20);

  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path folder;

  @Test
  void aHugeModelReadOnceDoesNotDriveOutOneThatIsReadAgain() throws Exception {
    try (OpenDisk disk = OpenDisk.of(folder.resolve("cache"), MAX_SIZE)) {
      disk.readAndKeep(model);
      assertEquals(0, disk.read(model));
      disk.readAndKeep(huge);
      assertTrue(disk.cache().stats().evictedBytes() > 64 << 20);
      assertEquals(0, disk.read(model));
    }
  }

  @Test
  void whatWasReadAgainIsRememberedOverARestart() throws Exception {
    Path directory = folder.resolve("cache");
    try (OpenDisk disk = OpenDisk.of(directory, MAX_SIZE)) {
      disk.readAndKeep(model);
      assertEquals(0, disk.read(model));
    }
    try (OpenDisk disk = OpenDisk.of(directory, MAX_SIZE)) {
      disk.readAndKeep(huge);
      assertEquals(0, disk.read(model));
    }
  }

  @Test
  void whatIsNewReplacesAtLastWhatWasReadOftenOnce() throws Exception {
    try (OpenDisk disk = OpenDisk.of(folder.resolve("cache"), MAX_SIZE)) {
      disk.readAndKeep(model);
      assertEquals(0, disk.read(model));
      readOthersOften(disk);
      assertTrue(disk.read(model) > 0, "nobody read it for long");
    }
  }

  @Test
  void aPinnedObjectStaysUntilItIsUnpinned() throws Exception {
    Path directory = folder.resolve("cache");
    try (OpenDisk disk = OpenDisk.of(directory, MAX_SIZE)) {
      disk.readAndKeep(model);
    }
    pin(directory, true);
    try (OpenDisk disk = OpenDisk.of(directory, MAX_SIZE)) {
      for (int pass = 0; pass < 2; pass++) {
        disk.readAndKeep(huge);
        disk.readAndKeep(new PatternObject("models/b", 24L << 20));
        disk.readAndKeep(new PatternObject("models/b", 24L << 20));
      }
      assertEquals(0, disk.read(model));
    }
    pin(directory, false);
    try (OpenDisk disk = OpenDisk.of(directory, MAX_SIZE)) {
      readOthersOften(disk);
      assertTrue(disk.read(model) > 0);
    }
    memory.close();
  }

  @Test
  void pinsLeaveAQuarterToOthers() throws Exception {
    Path directory = folder.resolve("cache");
    PatternObject large = new PatternObject("models/large", 26L << 20);
    try (OpenDisk disk = OpenDisk.of(directory, MAX_SIZE)) {
      disk.readAndKeep(large);
    }
    try (KeptCache kept = open(directory)) {
      KeptObject object = kept.objects().getFirst();
      IOException refused = assertThrows(IOException.class, () -> kept.pin(object, true));
      assertTrue(
          String.valueOf(refused.getMessage()).contains("raise max-size"), refused::toString);
      assertTrue(kept.objects().stream().noneMatch(KeptObject::pinned));
    }
    memory.close();
  }

  @Test
  void anOperatorSeesAndForgetsWhatIsKept() throws Exception {
    Path directory = folder.resolve("cache");
    PatternObject other = new PatternObject("models/b", (4L << 20) + 5);
    try (OpenDisk disk = OpenDisk.of(directory, MAX_SIZE)) {
      disk.readAndKeep(model);
      disk.readAndKeep(other);
      disk.read(other);
    }
    try (KeptCache kept = open(directory)) {
      assertEquals(2, kept.objects().size());
      assertEquals(
          new KeptObject("test://localhost/bucket", other.id(), other.size(), other.size(), false),
          kept.objects().get(1));
      assertEquals(model.size() + other.size(), kept.counters().get("kept-bytes"));
      assertEquals(0, kept.verify().badBlocks());
      kept.evict(kept.objects().getFirst());
      assertEquals(1, kept.objects().size());
      assertEquals(other.size(), kept.counters().get("kept-bytes"));
    }
    try (OpenDisk disk = OpenDisk.of(directory, MAX_SIZE)) {
      assertEquals(0, disk.read(other));
      assertEquals(model.size(), disk.read(model));
    }
    memory.close();
  }

  @Test
  void verifyingFindsAndForgetsBadBlocks() throws Exception {
    Path directory = folder.resolve("cache");
    try (OpenDisk disk = OpenDisk.of(directory, MAX_SIZE)) {
      disk.readAndKeep(model);
    }
    try (RandomAccessFile file = new RandomAccessFile(directory.resolve("blocks").toFile(), "rw")) {
      file.seek(3 * OpenDisk.BLOCK + 11);
      int before = file.read();
      file.seek(3 * OpenDisk.BLOCK + 11);
      file.write(before ^ 1);
    }
    try (KeptCache kept = open(directory)) {
      assertEquals(
          new KeptCache.Verification(OpenDisk.blocks(model), model.size(), 1), kept.verify());
      assertEquals(0, kept.verify().badBlocks());
    }
    try (OpenDisk disk = OpenDisk.of(directory, MAX_SIZE)) {
      assertEquals(OpenDisk.BLOCK, disk.read(model));
      assertEquals(0, disk.counter("corrupt-blocks"));
    }
    memory.close();
  }

  private static void readOthersOften(OpenDisk disk) throws Exception {
    for (int i = 0; i < 24; i++) {
      PatternObject other = new PatternObject("models/" + i, 2L << 20);
      disk.readAndKeep(other);
      disk.read(other);
      disk.read(other);
    }
  }

  private void pin(Path directory, boolean pinned) throws Exception {
    try (KeptCache kept = open(directory)) {
      kept.pin(
          kept.objects().stream()
              .filter(object -> object.id().equals(model.id()))
              .findFirst()
              .orElseThrow(),
          pinned);
    }
  }

  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned
  private KeptCache open(Path directory) throws Exception {
    LmdbBlockCacheProvider provider = new LmdbBlockCacheProvider();
    Map<String, String> settings = OpenDisk.settings(directory, MAX_SIZE, Map.of());
    return provider.openKept(TestContext.of(provider, settings, memory)).orElseThrow();
  }
}
