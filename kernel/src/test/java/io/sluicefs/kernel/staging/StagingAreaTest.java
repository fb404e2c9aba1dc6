// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ByteRange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("MustBeClosedChecker") // closed as part of what is tested
class StagingAreaTest {
  private static final int BLOCK = 4096;

  @TempDir Path temp;

  @Test
  void theFolderIsMadeForItsUserAlone() throws IOException {
    Path folder = temp.resolve("a/b/staging");
    try (StagingArea area = StagingFixture.area(folder)) {
      assertEquals(folder, area.path());
      assertEquals(
          "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)));
    }
    assertEquals(List.of(), StagingFixture.names(folder));
  }

  @Test
  void aFolderOthersCanReadIsClosedToThem() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("staging"));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    try (StagingArea area = StagingFixture.area(folder)) {
      assertEquals(
          "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(area.path())));
    }
  }

  @Test
  void whatIsNoPlaceForStagedFilesIsRefusedWithOneLine() throws IOException {
    Path target = Files.createDirectory(temp.resolve("target"));
    Path link = Files.createSymbolicLink(temp.resolve("link"), target);
    Path file = Files.createFile(temp.resolve("file"));

    assertRefused("is a symbolic link", link, StagingFixture.MOUNTPOINT);
    assertRefused("is not a directory", file, StagingFixture.MOUNTPOINT);
    assertRefused("cannot be made", file.resolve("staging"), StagingFixture.MOUNTPOINT);
    assertRefused("mountpoint " + target, target.resolve("staging"), target);
    assertRefused("mountpoint " + target.resolve("mnt"), target, target.resolve("mnt"));
    assertRefused("mountpoint " + target, link.resolve("staging"), target);
    assertEquals("rwxr-xr-x", PosixFilePermissions.toString(Files.getPosixFilePermissions(target)));
  }

  @Test
  void aFolderOfAnotherUserIsRefused() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("staging"));
    Assumptions.assumeTrue(
        Integer.valueOf(0).equals(Files.getAttribute(folder, "unix:uid")), "not root");
    Files.setAttribute(folder, "unix:uid", 65_534);

    assertRefused("belongs to another user", folder, StagingFixture.MOUNTPOINT);
  }

  @Test
  void theLimitIsHardAndNamesItsSetting() throws IOException {
    try (StagingArea area = StagingFixture.area(temp.resolve("staging"), 3 * BLOCK);
        StagedFile one = area.create(StagingFixture.NEW);
        StagedFile two = area.create(StagingFixture.NEW)) {
      StagingFixture.write(one, 0, new byte[2 * BLOCK]);
      StagingFixture.write(two, 10, "abc");

      StagingFullException full =
          assertThrows(StagingFullException.class, () -> StagingFixture.write(two, BLOCK, "x"));
      String message = String.valueOf(full.getMessage());
      assertTrue(message.contains(area.path().toString()), message);
      assertTrue(message.contains("write.staging.max-size, 12288 bytes"), message);
      assertEquals("[10, 13)", two.held().toString());

      StagingFixture.write(two, 0, new byte[BLOCK]);
      one.forget(new ByteRange(BLOCK, 2 * BLOCK));
      StagingFixture.write(two, BLOCK, "x");
      assertEquals(3 * BLOCK, area.used());
    }
  }

  @Test
  void aDisksLastBytesAreLeftToOthers() throws IOException {
    StagingOptions options =
        new StagingOptions(temp.resolve("staging"), Long.MAX_VALUE, Long.MAX_VALUE / 2);
    try (StagingArea area = StagingArea.open(options, StagingFixture.MOUNTPOINT);
        StagedFile file = area.create(StagingFixture.NEW)) {
      StagingFullException full =
          assertThrows(StagingFullException.class, () -> StagingFixture.write(file, 0, "x"));
      String message = String.valueOf(full.getMessage());
      assertTrue(message.contains("write.staging.free-space-floor"), message);
      assertEquals(0, area.used());
    }
  }

  @Test
  void aFullDiskIsNoRoomAndWhatWasThereStays() throws Exception {
    Path disk = Files.createDirectory(temp.resolve("disk"));
    Assumptions.assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=1m", "none", disk.toString()) == 0,
        "no tmpfs can be mounted");
    try (StagingArea area = StagingFixture.area(disk.resolve("staging"));
        StagedFile file = area.create(StagingFixture.NEW)) {
      StagingFixture.write(file, 0, "kept");
      Path others = Files.write(disk.resolve("others"), new byte[900 << 10]);
      StagingFullException full =
          assertThrows(
              StagingFullException.class,
              () -> StagingFixture.write(file, BLOCK, new byte[500 << 10]));
      assertTrue(String.valueOf(full.getMessage()).contains("ENOSPC"), full.getMessage());

      assertEquals("kept", StagingFixture.text(file, 0, 4));
      assertEquals("[0, 4)", file.held().toString());
      assertEquals(BLOCK, area.used());
      Files.delete(others);
      StagingFixture.write(file, BLOCK, new byte[500 << 10]);
      assertEquals(BLOCK + (500 << 10), file.size());
    } finally {
      assertEquals(0, run("umount", disk.toString()));
    }
  }

  @Test
  void whatIsLeftCountsUntilItIsRemoved() throws Exception {
    Path folder = temp.resolve("staging");
    StagingArea dead = StagingFixture.area(folder);
    StagedFile left = dead.create(StagingFixture.NEW);
    StagingFixture.write(left, 0, new byte[2 * BLOCK]);
    dead.close();

    try (StagingArea area = StagingFixture.area(folder, 2 * BLOCK);
        StagedFile file = area.create(StagingFixture.NEW)) {
      assertEquals(2 * BLOCK, area.used());
      assertEquals(left.id(), area.leftovers().files().getFirst().id());
      assertTrue(
          area.leftovers().summary().orElseThrow().startsWith("earlier mounts left 1 file in "),
          area.leftovers().toString());
      StagingFullException full =
          assertThrows(StagingFullException.class, () -> StagingFixture.write(file, 0, "x"));
      assertTrue(String.valueOf(full.getMessage()).contains("sluice uploads"), full.getMessage());
    }
    new StagingFolder(folder).remove(left.id());
    try (StagingArea area = StagingFixture.area(folder, 2 * BLOCK)) {
      assertEquals(0, area.used());
    }
  }

  @Test
  void noKeyLeadsOutOfTheFolder() throws IOException {
    Path folder = temp.resolve("staging");
    List<String> keys =
        List.of(
            "../escaped",
            "a/../../escaped",
            "..",
            temp.resolve("escaped").toString(),
            "nul\0/../../escaped",
            "line\nbreak",
            "k".repeat(1024),
            "../".repeat(341) + "e");
    List<String> ids = new ArrayList<>();
    StagingArea dead = StagingFixture.area(folder);
    for (String key : keys) {
      StagedFile file = dead.create(new StagedOrigin("s3://store/models", key, null, 0));
      StagingFixture.write(file, 0, "abc");
      file.rekey(key + "2");
      file.rekey(key);
      ids.add(file.id());
    }
    dead.close();

    assertEquals(List.of("staging"), StagingFixture.names(temp));
    assertEquals(
        Stream.concat(
                ids.stream().flatMap(id -> Stream.of(id + ".data", id + ".journal")),
                StagingFixture.names(folder).stream().filter(name -> name.endsWith(".lock")))
            .sorted()
            .toList(),
        StagingFixture.names(folder));
    assertEquals(
        keys, Leftovers.in(folder).files().stream().map(left -> left.origin().key()).toList());
    for (String id : ids) {
      new StagingFolder(folder).remove(id);
    }
    StagingFixture.area(folder).close();
    assertEquals(List.of(), StagingFixture.names(folder));
    assertEquals(List.of("staging"), StagingFixture.names(temp));
  }

  @Test
  void filesOfALivingDaemonAreNoLeftovers() throws IOException {
    Path folder = temp.resolve("staging");
    try (StagingArea living = StagingFixture.area(folder);
        StagedFile file = living.create(StagingFixture.NEW);
        StagingArea other = StagingFixture.area(folder)) {
      StagingFixture.write(file, 0, "abc");

      assertEquals(List.of(), other.leftovers().files());
      assertEquals(0, other.used());
      assertEquals(List.of(), Leftovers.in(folder).files());
    }
  }

  @Test
  void whatIsWorthlessIsSweptAndWhatIsNotUnderstoodIsLeftAlone() throws IOException {
    Path folder = temp.resolve("staging");
    StagingArea dead = StagingFixture.area(folder);
    StagedFile empty = dead.create(StagingFixture.NEW);
    StagedFile clean = dead.create(StagingFixture.NEW);
    clean.sent(new ByteRange(0, 3));
    clean.rebase(StagingFixture.BASE, 3);
    dead.close();
    assertTrue(Files.exists(empty.path()));
    Files.writeString(folder.resolve("0000000a.lock"), "");
    Files.writeString(folder.resolve("0000000a-1.data"), "data without journal");
    Files.writeString(folder.resolve("0000000a-2.journal"), "sluice-staging 2\n...");
    Files.writeString(folder.resolve("0000000a-2.data"), "of another version");
    Files.writeString(folder.resolve("0000000a-3.journal"), "sluice-st");
    Files.writeString(folder.resolve("notes.txt"), "somebody's");

    try (StagingArea area = StagingFixture.area(folder)) {
      assertEquals(List.of(), area.leftovers().files());
      assertEquals(
          List.of(
              folder.resolve("0000000a-2.journal")
                  + ": written by another version of Sluice, which can recover it"),
          area.leftovers().unreadable());
    }
    assertEquals(
        List.of("0000000a-2.data", "0000000a-2.journal", "notes.txt"),
        StagingFixture.names(folder));
  }

  @Test
  void aRecordThatIsNotWholeIsIgnored() throws IOException {
    Path folder = temp.resolve("staging");
    StagingArea dead = StagingFixture.area(folder);
    StagedFile file = dead.create(StagingFixture.NEW);
    StagingFixture.write(file, 0, "abc");
    StagingFixture.write(file, 10, "def");
    file.rekey("llama/renamed.bin");
    dead.close();
    Path journal = folder.resolve(file.id() + ".journal");
    byte[] whole = Files.readAllBytes(journal);

    for (int cut = 1; cut <= 3; cut++) {
      Files.write(journal, Arrays.copyOf(whole, whole.length - cut));
      Leftover leftover = Leftovers.in(folder).files().getFirst();
      assertEquals(6, leftover.staged());
      assertEquals(StagingFixture.NEW.key(), leftover.origin().key());
    }
    Files.write(journal, whole);
    Files.writeString(
        journal, "\0\0\0\1garbage", StandardCharsets.ISO_8859_1, StandardOpenOption.APPEND);
    assertEquals("llama/renamed.bin", Leftovers.in(folder).files().getFirst().origin().key());
    assertEquals(13, Leftovers.in(folder).files().getFirst().size());
  }

  @Test
  void aFolderThatIsNotThereHasNothingInIt() throws IOException {
    assertEquals(List.of(), Leftovers.in(temp.resolve("absent")).files());
    assertFalse(Files.exists(temp.resolve("absent")));
  }

  private static void assertRefused(String expected, Path folder, Path mountpoint) {
    IOException refused =
        assertThrows(
            IOException.class,
            () -> StagingArea.open(new StagingOptions(folder, 1, 0), mountpoint).close());
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains(folder + ": ") && message.contains(expected), message);
    assertTrue(message.contains("write.staging.path"), message);
    assertEquals(1, message.lines().count(), message);
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
