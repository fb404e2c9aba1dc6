// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class MountpointTest {
  @TempDir Path temp;

  @Test
  void anEmptyDirectoryIsReady() throws Exception {
    Mountpoint mountpoint = Mountpoint.of(temp);

    assertDoesNotThrow(() -> mountpoint.prepare(false));
    assertEquals(Mountpoint.State.FREE, mountpoint.state());
    assertFalse(mountpoint.answers());
  }

  @Test
  void linksOnTheWayAreResolved() throws Exception {
    Path real = Files.createDirectories(temp.resolve("real/mnt"));
    Path link = Files.createSymbolicLink(temp.resolve("link"), temp.resolve("real"));
    Path last = Files.createSymbolicLink(temp.resolve("last"), real);

    assertEquals(real.toRealPath(), Mountpoint.of(link.resolve("mnt")).path());
    assertEquals(real.toRealPath(), Mountpoint.of(last).path());
  }

  @Test
  void whatIsNotThereIsNamed() {
    Path absent = temp.resolve("absent");

    assertMessage(
        "mountpoint " + absent + " does not exist; create it first",
        () -> Mountpoint.of(absent).prepare(false));
    assertMessage(
        "does not exist; create it first",
        () -> Mountpoint.of(absent.resolve("deeper")).prepare(false));
  }

  @Test
  void aFileIsNotAMountpoint() throws Exception {
    Path file = Files.createFile(temp.resolve("file"));

    assertMessage("is not a directory", () -> Mountpoint.of(file).prepare(false));
  }

  @Test
  void aDirectoryWithEntriesIsTakenOnlyOnRequest() throws Exception {
    Files.createFile(temp.resolve("file"));
    Mountpoint mountpoint = Mountpoint.of(temp);

    assertMessage("is not empty", () -> mountpoint.prepare(false));
    assertDoesNotThrow(() -> mountpoint.prepare(true));
  }

  @Test
  void unmountingWhatIsNotMountedFails() throws Exception {
    Mountpoint mountpoint = Mountpoint.of(temp);

    assertMessage("cannot unmount " + mountpoint.path(), mountpoint::unmount);
  }

  @Test
  void theMountOfADeadDaemonIsCleaned() throws Throwable {
    Path path = Files.createDirectory(temp.resolve("mnt"));
    Mountpoint mountpoint = Mountpoint.of(path);
    DeadMount.leave(path);
    assertEquals(Mountpoint.State.DEAD, mountpoint.state());

    mountpoint.prepare(false);

    assertEquals(Mountpoint.State.FREE, mountpoint.state());
    assertTrue(Files.isDirectory(path));
  }

  @Test
  void stackedMountsOfDeadDaemonsAreCleaned() throws Throwable {
    Path path = Files.createDirectory(temp.resolve("mnt"));
    DeadMount.leave(path);
    DeadMount.leave(path);

    assertEquals(2, Mountpoint.of(path).clean());
  }

  private static void assertMessage(String expected, Executable call) {
    String message = String.valueOf(assertThrows(MountException.class, call).getMessage());
    assertTrue(message.contains(expected), message);
  }
}
