// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import static io.sluicefs.cache.disk.lmdb.Programs.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluicefs.spi.testkit.cache.PatternObject;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A cache on a disk whose writes fail: of an image that has no room where it is kept. */
@Timeout(120)
class FailingDiskTest {
  private static final long MIB = 1 << 20;
  private static final String ROOM_FOR_A_PART = "size=96m";
  private static final String ROOM_FOR_ALL = "size=1g";

  private final PatternObject model = new PatternObject("models/a", 192 * MIB);

  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path folder;

  private Path host;
  private Path disk;

  @BeforeEach
  void mountTheDisk() throws Exception {
    host = Files.createDirectory(folder.resolve("host"));
    disk = Files.createDirectory(folder.resolve("disk"));
    Path image = host.resolve("image");
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", ROOM_FOR_A_PART, "sluice-test", host.toString())
            && run("truncate", "-s", "512M", image.toString())
            // Without a journal the file system does not give up at the first failed write.
            && run("mkfs.ext4", "-q", "-O", "^has_journal", image.toString())
            && run("mount", "-o", "loop", image.toString(), disk.toString()),
        "only root mounts an image");
  }

  @AfterEach
  void unmountIt() throws Exception {
    if (Files.exists(disk.resolve("lost+found"))) {
      assertTrue(run("umount", disk.toString()));
    }
    run("umount", host.toString());
  }

  @Test
  void readersMeetNoErrorWhenWritesFailAndWhatWorksAgainIsUsedAgain() throws Exception {
    try (OpenDisk cache = OpenDisk.of(disk.resolve("cache"), "10GiB")) {
      while (cache.counter("write-failures") == 0) {
        cache.readAndKeep(model);
      }
      assertEquals(model.size(), cache.read(new PatternObject("models/b", model.size())));
      assertTrue(run("mount", "-o", "remount," + ROOM_FOR_ALL, host.toString()));
      while (cache.readAndKeep(model) > 0) {
        // The disk is asked again from a second on; the test's own time limit ends this.
      }
      assertEquals(0, cache.counter("corrupt-blocks"));
    }
  }
}
