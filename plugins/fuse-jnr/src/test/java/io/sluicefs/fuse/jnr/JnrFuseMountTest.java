// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.fuse.MountOptions;
import io.sluicefs.spi.testkit.fuse.FileContent;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem;
import io.sluicefs.spi.testkit.fuse.MemoryFileSystem.Operation;
import io.sluicefs.spi.testkit.fuse.MountedFileSystem;
import io.sluicefs.spi.testkit.fuse.Program;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 2, unit = TimeUnit.MINUTES)
class JnrFuseMountTest {
  private static final Duration TTL = Duration.ofSeconds(60);

  private final Path working = Path.of("target", "fuse-mounts", "own").toAbsolutePath();
  private final Path mountpoint = working.resolve("mount");
  private final MemoryFileSystem files = new MemoryFileSystem();

  @BeforeEach
  void makeMountpoint() throws Exception {
    Files.createDirectories(working);
    MountedFileSystem.clean(working);
    Files.createDirectory(mountpoint);
  }

  @AfterEach
  void checkFileSystem() throws Exception {
    Files.delete(mountpoint);
    files.check();
  }

  @MustBeClosed
  private MountedFileSystem mount(Map<String, String> settings) throws Exception {
    MountOptions options =
        new MountOptions(mountpoint, "memory", false, false, TTL, TTL, TTL, 1 << 20);
    return MountedFileSystem.mount(new JnrFuseChannelProvider(), settings, options, files);
  }

  @Test
  void noThreadIsAttachedForACallback() throws Exception {
    files.addFile("file", FileContent.pattern(0, 32 << 20));
    files.directIo(true);
    try (MountedFileSystem mounted = mount(Map.of("threads", "4"))) {
      // Attaching a thread makes a Thread object, and each takes the next number.
      long before = new Thread().threadId();
      try (InputStream in = Files.newInputStream(mounted.path("file"))) {
        byte[] buffer = new byte[64 << 10];
        long total = 0;
        for (int length = 0; length >= 0; length = in.read(buffer)) {
          total += length;
        }
        assertEquals(32 << 20, total);
      }
      assertTrue(files.count(Operation.READ) >= 512);
      long made = new Thread().threadId() - before;
      assertTrue(made < 100, made + " threads for 512 reads");
    }
  }

  @Test
  void thePathTableKeepsNoMoreLookupsThanItMay() throws Exception {
    for (int i = 0; i < 3000; i++) {
      files.addFile("dir-" + i % 7 + "/file-" + i, FileContent.pattern(i, 1));
    }
    try (MountedFileSystem mounted = mount(Map.of("path-table-size", "256"))) {
      String all = mounted.mountpoint().toString();
      assertEquals(
          3007, Program.output("find", all, "-mindepth", "1", "-size", "-2M").lines().count());
      assertTrue(files.lookups() <= 256, files.lookups() + " lookups");
    }
    assertEquals(0, files.lookups());
  }

  @Test
  void oneThreadIsEnough() throws Exception {
    files.addFile("file", FileContent.pattern(1, 1 << 20));
    try (MountedFileSystem mounted = mount(Map.of("threads", "1"))) {
      assertEquals(1 << 20, Files.readAllBytes(mounted.path("file")).length);
    }
  }
}
