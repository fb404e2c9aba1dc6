// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.opentest4j.TestAbortedException;

/** A control group with a limit of memory, of version 1 or 2, nested in the test's own. */
final class ControlGroup implements AutoCloseable {
  private static final Path MOUNT = Path.of("/sys/fs/cgroup");

  private final Path folder;
  private final boolean isVersion2;

  private ControlGroup(Path folder, boolean isVersion2) {
    this.folder = folder;
    this.isVersion2 = isVersion2;
  }

  /**
   * Makes a group; aborts the test where none can be made, as in a container whose groups are
   * read-only.
   */
  static ControlGroup withMemory(String name, long bytes) {
    try {
      Path own = own();
      boolean isVersion2 = Files.exists(own.resolve("cgroup.controllers"));
      if (isVersion2) {
        // Linux refuses this for a group, other than the root, that has processes itself.
        Files.writeString(own.resolve("cgroup.subtree_control"), "+memory");
      }
      Path folder = Files.createDirectory(own.resolve(name));
      ControlGroup group = new ControlGroup(folder, isVersion2);
      try {
        group.write(isVersion2 ? "memory.max" : "memory.limit_in_bytes", Long.toString(bytes));
      } catch (IOException e) {
        group.close();
        throw e;
      }
      return group;
    } catch (IOException e) {
      throw new TestAbortedException("no control group with a memory limit can be made here: " + e);
    }
  }

  /** Returns the folder of the group this process is in whose memory is counted. */
  private static Path own() throws IOException {
    List<String> lines = Files.readAllLines(Path.of("/proc/self/cgroup"));
    for (String line : lines) {
      String[] parts = line.split(":", 3);
      if (Arrays.asList(parts[1].split(",", -1)).contains("memory")) {
        return MOUNT.resolve("memory" + parts[2]);
      }
    }
    for (String line : lines) {
      if (line.startsWith("0::")) {
        return MOUNT.resolve(line.substring("0::/".length()));
      }
    }
    throw new IOException("/proc/self/cgroup names no group");
  }

  /** Returns the words that start a program in this group. */
  String[] command(String... words) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "sh",
                "-c",
                "echo $$ > \"$0\" && exec \"$@\"",
                folder.resolve("cgroup.procs").toString()));
    command.addAll(Arrays.asList(words));
    return command.toArray(String[]::new);
  }

  /** Returns how many processes of it Linux has killed for want of memory. */
  long killed() {
    return number(isVersion2 ? "memory.events" : "memory.oom_control", "oom_kill");
  }

  private long number(String file, String name) {
    try {
      return Files.readAllLines(folder.resolve(file)).stream()
          .map(line -> line.split(" ", -1))
          .filter(words -> words[0].equals(name))
          .mapToLong(words -> Long.parseLong(words[1]))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no " + name + " in " + folder.resolve(file)));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void write(String file, String text) throws IOException {
    Files.writeString(folder.resolve(file), text);
  }

  /** Removes it; its processes must have ended. */
  @Override
  public void close() {
    // A process that has ended may leave its group a moment later.
    for (int attempt = 0; ; attempt++) {
      try {
        Files.delete(folder);
        return;
      } catch (IOException e) {
        if (attempt == 100) {
          throw new AssertionError(e);
        }
      }
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
