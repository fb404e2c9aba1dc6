// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What is mounted, from the kernel's own list. */
final class Mountpoints {
  private Mountpoints() {}

  static boolean isMounted(Path mountpoint) {
    try {
      return Files.readAllLines(Path.of("/proc/self/mounts")).stream()
          .anyMatch(line -> line.split(" ", -1)[1].equals(mountpoint.toString()));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns the processes whose arguments name the mountpoint. */
  static List<ProcessHandle> daemons(Path mountpoint) {
    return ProcessHandle.allProcesses()
        .filter(ProcessHandle::isAlive)
        .filter(
            process ->
                process.info().commandLine().orElse("").contains("io.sluicefs.cli")
                    && process.info().commandLine().orElse("").endsWith(mountpoint.toString()))
        .toList();
  }

  /** Returns the one daemon of a mountpoint. */
  static ProcessHandle daemon(Path mountpoint) {
    List<ProcessHandle> daemons = daemons(mountpoint);
    assertEquals(1, daemons.size(), "daemons of " + mountpoint);
    return daemons.getFirst();
  }

  /** Returns the memory of the one daemon of a mountpoint. */
  static long residentBytes(Path mountpoint) {
    Path status = Path.of("/proc", Long.toString(daemon(mountpoint).pid()), "status");
    try {
      return Files.readAllLines(status).stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Waits until a process has ended, whether or not its parent knows, which may take a while. */
  static void awaitEnd(ProcessHandle process) throws InterruptedException {
    Path stat = Path.of("/proc", Long.toString(process.pid()), "stat");
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    try {
      while (!Files.readString(stat).contains(") Z ")) {
        assertTrue(System.nanoTime() < deadline, () -> process + " has not ended");
        TimeUnit.MILLISECONDS.sleep(5);
      }
    } catch (IOException e) {
      assertFalse(process.isAlive(), () -> stat + ": " + e);
    }
  }

  /** Detaches what a crashed run left mounted under a folder, and removes the folder. */
  static void cleanUnder(Path folder) throws IOException {
    List<String> mounts = Files.readAllLines(Path.of("/proc/self/mounts"));
    for (String line : mounts.reversed()) {
      String mountpoint = line.split(" ", -1)[1];
      if (mountpoint.startsWith(folder + "/")) {
        Command.run("umount", "-l", mountpoint);
      }
    }
    if (Files.exists(folder)) {
      try (Stream<Path> tree = Files.walk(folder)) {
        for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }
}
