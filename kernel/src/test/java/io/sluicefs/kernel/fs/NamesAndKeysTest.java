// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import static io.sluicefs.kernel.fs.Fixture.CALLER;
import static io.sluicefs.kernel.fs.Fixture.OPTIONS;
import static io.sluicefs.kernel.fs.Fixture.assertErrno;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.kernel.namespace.NamespaceOptions;
import io.sluicefs.spi.fuse.Attributes;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NamesAndKeysTest {
  private static final long ROOT = FuseOperations.ROOT;
  private static final Instant MARKED = Instant.parse("2025-06-07T08:09:10Z");

  private Fixture mount = new Fixture();

  @AfterEach
  void close() {
    mount.close();
  }

  private void mountPrefix(String prefix) {
    mount.close();
    mount = new Fixture(prefix, OPTIONS);
  }

  private long inode(String path) throws Exception {
    return mount.lookup(path).inode();
  }

  @Test
  void directoriesComeFromKeysBelowThemAndFromMarkers() throws Exception {
    mount.bucket.put("models/llama/config.json", "{}");
    mount.bucket.put("empty/", "");
    assertEquals(List.of("empty", "models"), mount.names(ROOT));
    assertEquals(List.of("llama"), mount.names(inode("models")));
    assertEquals(List.of("config.json"), mount.names(inode("models/llama")));
    assertEquals(List.of(), mount.names(inode("empty")));
    assertEquals(Attributes.DIRECTORY, mount.list(ROOT).type("empty"));
  }

  @Test
  void onlyWhatIsBelowThePrefixIsMounted() throws Exception {
    mountPrefix("models/llama/");
    mount.bucket.put("models/llama/", "");
    mount.bucket.put("models/llama/config.json", "{}");
    mount.bucket.put("models/llama/shards/1", "x");
    mount.bucket.put("models/llama-2/config.json", "{}");
    mount.bucket.put("other", "");
    assertEquals(List.of("config.json", "shards"), mount.names(ROOT));
    assertEquals(2, mount.lookup("config.json").attributes().size());
    assertEquals(List.of("1"), mount.names(inode("shards")));
    assertErrno(Errno.ENOENT, () -> mount.lookup("other"));
  }

  @Test
  void aPrefixEndsWithASlash() {
    assertThrows(IllegalArgumentException.class, () -> mountPrefix("models"));
  }

  @Test
  void whereAFileAndADirectoryHaveOneNameTheDirectoryIsSeen() throws Exception {
    mount.bucket.put("a", "hidden by the directory");
    mount.bucket.put("a/b", "seen");
    assertEquals(List.of("a"), mount.names(ROOT));
    assertEquals(Attributes.DIRECTORY, mount.list(ROOT).type("a"));
    assertEquals(2, mount.fs.stats().shadowedObjects());
    assertTrue(mount.lookup("a").attributes().isDirectory());
    assertEquals(4, mount.lookup("a/b").attributes().size());
  }

  @Test
  void aLookupPrefersTheDirectoryAsTheListingDoes() throws Exception {
    mount.bucket.put("a", "hidden by the directory");
    mount.bucket.put("a/", "");
    assertTrue(mount.lookup("a").attributes().isDirectory());
    assertEquals(1, mount.fs.stats().shadowedObjects());
    assertEquals(1, mount.requests());
  }

  @Test
  void aDirectoryPagesBehindTheFileOfItsNameIsListedOnce() throws Exception {
    mount.bucket.put("d/a", "hidden by the directory");
    mount.bucket.put("d/a-", "seen");
    for (int i = 0; i < 2500; i++) {
      mount.bucket.put("d/a-%04d".formatted(i), "");
    }
    mount.bucket.put("d/a/b", "seen");
    Listed listed = mount.list(inode("d"));
    assertEquals(2 + 2502, listed.names().size());
    assertEquals(1, listed.names().stream().filter("a"::equals).count());
    assertEquals(Attributes.DIRECTORY, listed.type("a"));
    assertEquals(1, mount.fs.stats().shadowedObjects());
  }

  @Test
  void aFileWhoseDirectoryMightHaveFollowedAPageLaterIsListed() throws Exception {
    mount.bucket.put("d/a", "seen");
    for (int i = 0; i < 2500; i++) {
      mount.bucket.put("d/a-%04d".formatted(i), "");
    }
    mount.bucket.put("d/b", "seen");
    Listed listed = mount.list(inode("d"));
    assertEquals(2 + 2502, listed.names().size());
    assertEquals(Attributes.REGULAR, listed.type("a"));
    assertEquals(4, mount.lookup("d/a").attributes().size());
  }

  @Test
  void keysThatNoPathCanNameAreHiddenAndCounted() throws Exception {
    String tooLong = "x".repeat(256);
    for (String key :
        List.of(
            "d//b",
            "d/.",
            "d/./b",
            "d/..",
            "d/../b",
            "d/nul\0byte",
            "d/not-utf8-\uFFFD",
            "d/" + tooLong,
            "d/" + tooLong + "/b")) {
      mount.bucket.put(key, "");
    }
    mount.bucket.put("d/good", "");
    mount.bucket.put("d/" + "y".repeat(255), "");
    mount.bucket.put("d/...", "");
    mount.bucket.put("d/line\nbreak", "");
    mount.bucket.put("d/ümläut 漢字 😀", "");
    assertEquals(
        List.of("...", "good", "line\nbreak", "y".repeat(255), "ümläut 漢字 😀"),
        mount.names(inode("d")));
    assertEquals(9, mount.fs.stats().hiddenKeys());
    for (String name : List.of(".", "..", "nul\0byte", "")) {
      assertErrno(Errno.ENOENT, () -> mount.fs.lookup(CALLER, inode("d"), name));
    }
  }

  @Test
  void keysThatStartWithASlashAreHidden() throws Exception {
    mount.bucket.put("/etc/passwd", "");
    mount.bucket.put("good", "");
    assertEquals(List.of("good"), mount.names(ROOT));
    assertEquals(1, mount.fs.stats().hiddenKeys());
  }

  @Test
  void aDirectoryWithNothingButHiddenKeysIsEmpty() throws Exception {
    mount.bucket.put("a//b", "");
    assertEquals(List.of("a"), mount.names(ROOT));
    assertTrue(mount.lookup("a").attributes().isDirectory());
    assertEquals(List.of(), mount.names(inode("a")));
  }

  @Test
  void everyListedNameCanBeLookedUp() throws Exception {
    List<String> names =
        List.of(
            " ", "!", "-", "a b", "a+b", "a%2Fb", "a:b", "~", "\u007f", "é", "e\u0301", "😀", "ﬁ");
    for (String name : names) {
      mount.bucket.put("d/" + name, name);
    }
    long directory = inode("d");
    assertEquals(names.stream().sorted().toList(), mount.names(directory));
    mount.pass(Duration.ofMinutes(5));
    for (String name : names) {
      assertEquals(
          name.getBytes(StandardCharsets.UTF_8).length,
          mount.lookup(directory, name).attributes().size());
    }
  }

  @Test
  void aMarkerGivesItsDirectoryTheTimeOnceItWasListedAndNobodyHasItOpen() throws Exception {
    mount.bucket.put("d/", new byte[0], MARKED);
    mount.bucket.put("d/a", "");
    long directory = inode("d");
    assertEquals(Fixture.MOUNTED, modified(directory));
    OpenFile open = mount.opendir(directory);
    mount.readAll(open);
    assertEquals(Fixture.MOUNTED, modified(directory));
    mount.fs.releasedir(open.handle());
    assertEquals(MARKED, modified(directory));
  }

  private Instant modified(long inode) throws Exception {
    return mount.fs.getattr(CALLER, inode).attributes().modified();
  }

  @Test
  void aDirectoryWithoutMarkerHasTheTimeOfTheMount() throws Exception {
    mount.bucket.put("d/a", "");
    long directory = inode("d");
    mount.list(directory);
    assertEquals(Fixture.MOUNTED, modified(directory));
  }

  @Test
  void ownerAndModesAreTheMounts() throws Exception {
    mount.close();
    mount =
        new Fixture(
            "",
            new NamespaceOptions(
                OPTIONS.attributeTtl(),
                OPTIONS.negativeTtl(),
                10,
                new NamespaceOptions.Ownership(7, 8, 0440, 0550),
                OPTIONS.limits()));
    mount.bucket.put("d/a", "");
    Attributes directory = mount.lookup("d").attributes();
    Attributes file = mount.lookup("d/a").attributes();
    assertEquals(Attributes.DIRECTORY | 0550, directory.mode());
    assertEquals(Attributes.REGULAR | 0440, file.mode());
    assertEquals(7, file.uid());
    assertEquals(8, directory.gid());
    assertEquals(1, directory.links());
  }

  @Test
  void anObjectThatPointsToAnotherIsASymbolicLink() throws Exception {
    mount.bucket.putSymlink("latest", "models/llama");
    long link = inode("latest");
    assertEquals(Attributes.SYMLINK | 0777, mount.fs.getattr(CALLER, link).attributes().mode());
    assertEquals(Attributes.SYMLINK, mount.list(ROOT).type("latest"));
    assertEquals("models/llama", mount.fs.readlink(CALLER, link));
    assertErrno(Errno.ELOOP, () -> mount.fs.open(CALLER, link, 0));
    assertErrno(Errno.EINVAL, () -> mount.fs.readlink(CALLER, ROOT));
  }
}
