// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluicefs.spi.testkit.cache.PatternObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cache on a disk that answers EIO to who reads blocks: of an image that is cut short where it is
 * kept. What the index is in stays readable, for LMDB maps it, and Linux ends a process that
 * touches a page it cannot read.
 */
@Timeout(120)
class UnreadableDiskTest {
  private static final long MIB = 1 << 20;
  private static final String WHOLE = "512M";
  private static final String CUT_SHORT = "8M";

  private final PatternObject model = new PatternObject("models/a", 192 * MIB);

  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path folder;

  private Path image;
  private Path disk;
  private Path directory;

  @BeforeEach
  void mountTheDisk() throws Exception {
    image = folder.resolve("image");
    disk = Files.createDirectory(folder.resolve("disk"));
    directory = disk.resolve("cache");
    Path index = Files.createDirectory(folder.resolve("index"));
    assumeTrue(
        run("truncate", "-s", WHOLE, image.toString())
            && run("mkfs.ext4", "-q", "-O", "^has_journal", image.toString()),
        "no image of a disk can be made");
    // Reads past the end of the image fail only where the page cache is not asked first.
    Process attached =
        new ProcessBuilder("losetup", "--find", "--show", "--direct-io=on", image.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String device =
        new String(attached.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assumeTrue(attached.waitFor() == 0, "only root attaches an image, and past the page cache");
    boolean mounted = run("mount", device, disk.toString());
    // Linux detaches it once it is unmounted.
    assertTrue(run("losetup", "--detach", device));
    assertTrue(mounted);
    try (OpenDisk cache = OpenDisk.of(directory, "10GiB")) {
      assertEquals(model.size(), cache.readAndKeep(model));
    }
    assertTrue(run("cp", "-a", directory.resolve("index") + "/.", index.toString()));
    assertTrue(run("mount", "--bind", index.toString(), directory.resolve("index").toString()));
  }

  @AfterEach
  void unmountIt() throws Exception {
    if (Files.exists(disk.resolve("lost+found"))) {
      run("umount", directory.resolve("index").toString());
      assertTrue(run("umount", disk.toString()));
    }
  }

  @Test
  void readersMeetNoErrorWhenReadsFailAndWhatWorksAgainIsUsedAgain() throws Exception {
    try (OpenDisk cache = OpenDisk.of(directory, "10GiB")) {
      // Few, for Linux keeps what was read in memory.
      assertEquals(0, cache.read(model, 0, OpenDisk.RUN_BLOCKS));
      assertTrue(run("truncate", "-s", CUT_SHORT, image.toString()));
      assertTrue(cache.read(model) > 0);
      assertTrue(cache.counter("read-failures") > 0);
      // What was cut off comes back as zeros, of which read() would complain.
      assertTrue(run("truncate", "-s", WHOLE, image.toString()));
      while (cache.readAndKeep(model) > 0) {
        // The disk is asked again from a second on; the test's own time limit ends this.
      }
    }
  }

  private static boolean run(String... words) throws IOException, InterruptedException {
    return new ProcessBuilder(words).inheritIO().start().waitFor() == 0;
  }
}
