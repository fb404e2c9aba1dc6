// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import static io.sluicefs.cache.disk.lmdb.Programs.output;
import static io.sluicefs.cache.disk.lmdb.Programs.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluicefs.spi.testkit.cache.PatternObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A cache on a disk that answers EIO: of an image that is cut short where it is kept. */
@Timeout(120)
class UnreadableDiskTest {
  private static final long MIB = 1 << 20;
  private static final String SIZE = "512M";

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
    assumeTrue(
        run("truncate", "-s", SIZE, image.toString())
            && run("mkfs.ext4", "-q", "-O", "^has_journal", image.toString())
            && mount(),
        "only root mounts an image, past the page cache");
    try (OpenDisk cache = OpenDisk.of(directory, "10GiB")) {
      assertEquals(model.size(), cache.readAndKeep(model));
    }
  }

  @AfterEach
  void unmountIt() throws Exception {
    if (Files.exists(disk.resolve("lost+found"))) {
      assertTrue(run("umount", "--recursive", disk.toString()));
    }
  }

  @Test
  void readersMeetNoErrorWhenReadsFailAndWhatWorksAgainIsUsedAgain() throws Exception {
    // Only blocks are to be lost: LMDB maps its file, and Linux ends who touches a page it cannot
    // read.
    Path index = Files.createDirectory(folder.resolve("index"));
    assertTrue(run("cp", "-a", directory.resolve("index") + "/.", index.toString()));
    assertTrue(run("mount", "--bind", index.toString(), directory.resolve("index").toString()));
    try (OpenDisk cache = OpenDisk.of(directory, "10GiB")) {
      // Few, for Linux keeps what was read in memory.
      assertEquals(0, cache.read(model, 0, OpenDisk.RUN_BLOCKS));
      assertTrue(run("truncate", "-s", "8M", image.toString()));
      assertTrue(cache.read(model) > 0);
      assertTrue(cache.counter("read-failures") > 0);
      // What was cut off comes back as zeros, of which read() would complain.
      assertTrue(run("truncate", "-s", SIZE, image.toString()));
      while (cache.readAndKeep(model) > 0) {
        // The disk is asked again from a second on; the test's own time limit ends this.
      }
    }
  }

  @Test
  void anIndexThatCannotBeReadIsSetAside() throws Exception {
    String index = output("filefrag", "-b1", "-v", directory.resolve("index/data.mdb").toString());
    Matcher extent = Pattern.compile("(?m)^ +0: .*?: +(\\d+)\\.\\.").matcher(index);
    assertTrue(extent.find(), index);
    // What Linux has in memory is asked of the disk again.
    assertTrue(run("umount", disk.toString()));
    assertTrue(mount());
    assertTrue(run("truncate", "-s", extent.group(1), image.toString()));
    try (OpenDisk cache = OpenDisk.of(directory, "10GiB")) {
      assertTrue(Files.exists(directory.resolve("index.bad")));
      assertEquals(model.size(), cache.readAndKeep(model));
      assertEquals(0, cache.readAndKeep(model));
    }
  }

  private boolean mount() throws IOException, InterruptedException {
    // Reads past the end of the image fail only where the page cache is not asked first.
    String device = output("losetup", "--find", "--show", "--direct-io=on", image.toString());
    if (device.isEmpty()) {
      return false;
    }
    // Files lie on it in the order they were begun: the index behind what says that this is a
    // cache.
    boolean mounted = run("mount", "-o", "nodelalloc", device, disk.toString());
    // Linux detaches it once it is unmounted.
    return run("losetup", "--detach", device) && mounted;
  }
}
