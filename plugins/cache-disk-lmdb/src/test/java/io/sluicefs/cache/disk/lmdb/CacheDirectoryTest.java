// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.PluginContext;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.testkit.cache.PatternObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which directories are taken, and the one line for those that are not. */
@Timeout(60)
class CacheDirectoryTest {
  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  private Path folder;

  @Test
  void theDirectoryIsOfItsUserAlone() throws Exception {
    Path directory = folder.resolve("a/b/cache");
    try (OpenDisk disk = OpenDisk.of(directory, "16MiB")) {
      assertEquals(OpenDisk.BLOCK, disk.cache().blockSize());
      assertEquals(
          "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)));
    }
  }

  @Test
  void noKeyLeadsOutOfTheDirectory() throws Exception {
    Path directory = folder.resolve("cache");
    List<PatternObject> objects =
        Stream.of(
                "../escaped",
                "a/../../escaped",
                "..",
                folder.resolve("escaped").toString(),
                "nul\0/../../escaped",
                "k".repeat(1024),
                "../".repeat(341) + "e")
            .map(key -> new PatternObject(key, OpenDisk.BLOCK + 1))
            .toList();
    try (OpenDisk disk = OpenDisk.of(directory, "16MiB")) {
      for (PatternObject object : objects) {
        assertEquals(object.size(), disk.readAndKeep(object), object.id()::key);
        assertEquals(0, disk.read(object), object.id()::key);
      }
    }
    try (OpenDisk disk = OpenDisk.of(directory, "16MiB")) {
      for (PatternObject object : objects) {
        assertEquals(0, disk.read(object), object.id()::key);
      }
    }
    try (Stream<Path> files = Files.walk(folder)) {
      assertEquals(
          List.of(
              "",
              "cache",
              "cache/blocks",
              "cache/format",
              "cache/index",
              "cache/index/data.mdb",
              "cache/index/lock.mdb",
              "cache/lock"),
          files.map(file -> folder.relativize(file).toString()).sorted().toList());
    }
  }

  @Test
  void aSecondMountIsRefusedWithTheProcessOfTheFirst() throws Exception {
    Path directory = folder.resolve("cache");
    try (OpenDisk disk = OpenDisk.of(directory, "16MiB")) {
      assertEquals(0, disk.cache().stats().usedBytes());
      assertRefused(
          OpenDisk.settings(directory, "16MiB", Map.of()),
          Optional.empty(),
          "used by process " + ProcessHandle.current().pid());
    }
  }

  @Test
  void aDirectoryInOrAboveTheMountpointIsRefused() {
    Map<String, String> settings = OpenDisk.settings(folder.resolve("m/cache"), "16MiB", Map.of());
    assertRefused(settings, Optional.of(folder.resolve("m")), "inside or above the mountpoint");
    assertRefused(
        settings, Optional.of(folder.resolve("m/cache/below")), "inside or above the mountpoint");
  }

  @Test
  void aDirectoryThatLeadsIntoTheMountpointIsRefused() throws Exception {
    Path mountpoint = Files.createDirectories(folder.resolve("m"));
    Path link = Files.createSymbolicLink(folder.resolve("way"), mountpoint);
    assertRefused(
        OpenDisk.settings(link.resolve("cache"), "16MiB", Map.of()),
        Optional.of(mountpoint),
        "inside or above the mountpoint");
  }

  @Test
  void aSymbolicLinkAFileAndAForeignDirectoryAreRefused() throws Exception {
    Path target = Files.createDirectories(folder.resolve("target"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), target);
    assertRefused(
        OpenDisk.settings(link, "16MiB", Map.of()), Optional.empty(), "is a symbolic link");
    Path file = Files.createFile(folder.resolve("file"));
    assertRefused(
        OpenDisk.settings(file, "16MiB", Map.of()), Optional.empty(), "is not a directory");
    Files.createFile(target.resolve("thesis.txt"));
    assertRefused(
        OpenDisk.settings(target, "16MiB", Map.of()), Optional.empty(), "such as thesis.txt");
  }

  @Test
  void aDirectoryOfAnotherUserIsRefused() throws Exception {
    Path directory = Files.createDirectories(folder.resolve("theirs"));
    try {
      Files.setAttribute(directory, "unix:uid", 12_345);
    } catch (IOException e) {
      assumeTrue(false, "only root gives files away");
    }
    assertRefused(
        OpenDisk.settings(directory, "16MiB", Map.of()),
        Optional.empty(),
        "belongs to another user");
  }

  @Test
  void anotherFormatAndOtherBlocksAreRefused() throws Exception {
    Path directory = folder.resolve("cache");
    try (OpenDisk disk = OpenDisk.of(directory, "16MiB")) {
      assertEquals(0, disk.cache().stats().usedBytes());
    }
    assertRefused(
        OpenDisk.settings(directory, "16MiB", Map.of("block-size", "128KiB")),
        Optional.empty(),
        "has blocks of 65536 bytes");
    Path format = directory.resolve("format");
    Files.writeString(format, Files.readString(format).replace("version=1", "version=99"));
    assertRefused(
        OpenDisk.settings(directory, "16MiB", Map.of()), Optional.empty(), "has format 99");
  }

  @Test
  void settingsThatCannotWorkAreRefusedByName() {
    assertRefused(
        OpenDisk.settings(folder, "4MiB", Map.of("block-size", "16MiB", "fill-memory", "64MiB")),
        Optional.empty(),
        "cache.disk-lmdb");
    assertRefused(
        OpenDisk.settings(folder, "16MiB", Map.of("fill-memory", "1KiB")),
        Optional.empty(),
        "cache.disk-lmdb.fill-memory");
    assertRefused(
        OpenDisk.settings(folder, "16MiB", Map.of("fill-memory", "1GiB")),
        Optional.empty(),
        "cache.disk-lmdb.fill-memory");
  }

  private static void assertRefused(
      Map<String, String> settings, Optional<Path> mountpoint, String why) {
    LmdbBlockCacheProvider provider = new LmdbBlockCacheProvider();
    try (LeakCheckedMemory memory = new LeakCheckedMemory(256L << 20)) {
      SettingException refused =
          assertThrows(
              SettingException.class,
              () -> {
                TestContext plain = TestContext.of(provider, settings, memory);
                try (LmdbBlockCache cache = provider.open(new Mounted(plain, mountpoint))) {
                  assertEquals(0, cache.blockSize(), "it was opened");
                }
              });
      String message = String.valueOf(refused.getMessage());
      assertTrue(message.contains(why), message);
      assertTrue(message.lines().count() == 1, message);
    }
  }

  private record Mounted(TestContext plain, Optional<Path> mountpoint) implements PluginContext {
    @Override
    public PluginSettings settings() {
      return plain.settings();
    }

    @Override
    public MemoryBudget memory() {
      return plain.memory();
    }

    @Override
    public String location() {
      return plain.location();
    }
  }
}
