// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFolderTest {
  @TempDir Path temp;
  private StateFolder folder;
  private Mountpoint mountpoint;

  @BeforeEach
  void createFolder() throws Exception {
    folder = new StateFolder(temp.resolve("state"));
    mountpoint = Mountpoint.of(Files.createDirectory(temp.resolve("mnt")));
  }

  @Test
  void aClaimIsFoundUntilItIsClosed() throws Exception {
    try (StateFolder.Claim claim = folder.claim(mountpoint, "/var/log/x")) {
      claim.mounted("s3://host/bucket");
      assertEquals(
          Optional.of(
              new MountRecord(
                  ProcessHandle.current().pid(),
                  mountpoint.path(),
                  "s3://host/bucket",
                  "/var/log/x")),
          folder.find(mountpoint));
    }
    assertEquals(Optional.empty(), folder.find(mountpoint));
    assertEquals(List.of(), files());
  }

  @Test
  void onlyThisUserCanLookInside() throws Exception {
    try (StateFolder.Claim claim = folder.claim(mountpoint, "")) {
      assertEquals("rwx------", permissions(temp.resolve("state")));
      assertEquals("rw-------", permissions(files().getFirst()));
      claim.mounted("x");
    }
  }

  @Test
  void aSecondClaimOfOneMountpointIsRefused() throws Exception {
    try (StateFolder.Claim first = folder.claim(mountpoint, "")) {
      MountException refusal = assertThrows(MountException.class, this::claimAndClose);
      assertTrue(
          String.valueOf(refusal.getMessage())
              .contains("is taken by process " + ProcessHandle.current().pid()),
          refusal::getMessage);
      first.mounted("still mine");
      assertEquals("still mine", folder.find(mountpoint).orElseThrow().source());
    }
    claimAndClose();
  }

  @Test
  void theFileOfADeadDaemonIsTakenOver() throws Exception {
    folder.create();
    try (StateFolder.Claim claim = folder.claim(mountpoint, "")) {
      claim.mounted("x");
      Files.copy(files().getFirst(), temp.resolve("copy"));
    }
    Path left = Files.move(temp.resolve("copy"), temp.resolve("state").resolve(name()));

    assertEquals(Optional.empty(), folder.find(mountpoint));
    try (StateFolder.Claim claim = folder.claim(mountpoint, "")) {
      claim.mounted("y");
      assertEquals("y", folder.find(mountpoint).orElseThrow().source());
    }
    assertFalse(Files.exists(left));
  }

  @Test
  void aFolderOthersCanReadIsClosedToThem() throws Exception {
    Path path = Files.createDirectory(temp.resolve("state"));
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxrwxrwx"));

    folder.create();

    assertEquals("rwx------", permissions(path));
  }

  @Test
  void recordsSurviveOddNames() {
    MountRecord record = new MountRecord(7, Path.of("/mnt/a\nb"), "s3://x", "");

    assertEquals(Optional.of(record), MountRecord.parse(record.text()));
    assertEquals(Optional.empty(), MountRecord.parse(""));
    assertEquals(Optional.empty(), MountRecord.parse("x\n/mnt\n\n\n"));
  }

  private void claimAndClose() throws MountException {
    try (StateFolder.Claim claim = folder.claim(mountpoint, "")) {
      assertTrue(folder.find(mountpoint).isPresent(), claim::toString);
    }
  }

  private String name() throws Exception {
    String log = folder.log(mountpoint).getFileName().toString();
    return log.replace(".log", ".mount");
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(temp.resolve("state"))) {
      return files.toList();
    }
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
