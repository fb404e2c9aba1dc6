// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * How much memory this process may have: that of the machine, or what the control groups it is in,
 * of version 2 or 1, leave of it. A group counts the page cache its processes fill.
 */
public final class HostMemory {
  /** What is said of an amount when nothing bounds it or nobody knows. */
  public static final long UNKNOWN = Long.MAX_VALUE;

  private static final String VERSION_2 = "sys/fs/cgroup";
  private static final String VERSION_1 = "sys/fs/cgroup/memory";

  private final Path root;

  /** Creates a reader of the real files. */
  public HostMemory() {
    this(Path.of("/"));
  }

  /** Creates a reader of the files under {@code root} instead of {@code /}. */
  HostMemory(Path root) {
    this.root = root;
  }

  /** Returns the bytes there are in all, free or not; {@link #UNKNOWN} if Linux does not say. */
  public long total() {
    return least(meminfo("MemTotal:"), Group::limit);
  }

  /**
   * Returns the bytes that can be had now without anything being killed: what is free and what the
   * page cache would give back, clean pages of files read before included.
   */
  public long available() {
    return least(meminfo("MemAvailable:"), Group::available);
  }

  private long least(long ofMachine, ToLongFunction<Group> ofGroup) {
    return Math.min(ofMachine, groups().stream().mapToLong(ofGroup).min().orElse(UNKNOWN));
  }

  private long meminfo(String name) {
    long kibibytes = number(lines("proc/meminfo"), name);
    return kibibytes > UNKNOWN >> 10 ? UNKNOWN : kibibytes << 10;
  }

  /** Returns the groups the process is in and all these are nested in. */
  private List<Group> groups() {
    List<Group> groups = new ArrayList<>();
    // A line is hierarchy:controllers:path; version 2 is 0::path.
    for (String line : lines("proc/self/cgroup")) {
      String[] parts = line.split(":", 3);
      if (parts.length < 3) {
        continue;
      }
      boolean isVersion2 = parts[0].equals("0") && parts[1].isEmpty();
      if (isVersion2 || List.of(parts[1].split(",", -1)).contains("memory")) {
        // In a container the path may be the host's and only its end, the root, be there.
        for (String path = parts[2]; ; path = path.substring(0, path.lastIndexOf('/'))) {
          groups.add(new Group((isVersion2 ? VERSION_2 : VERSION_1) + path, isVersion2));
          if (path.indexOf('/') < 0) {
            break;
          }
        }
      }
    }
    return groups;
  }

  private List<String> lines(String file) {
    try {
      return Files.readAllLines(root.resolve(file));
    } catch (IOException e) {
      return List.of();
    }
  }

  /** Returns the number behind a name in lines of names and numbers. */
  private static long number(List<String> lines, String name) {
    for (String line : lines) {
      String[] words = line.trim().split("\\s+", -1);
      if (words.length > 1 && words[0].equals(name)) {
        return parse(words[1]);
      }
    }
    return UNKNOWN;
  }

  /** Returns a number, or no limit for {@code max} and whatever else stands there. */
  private static long parse(String text) {
    try {
      long value = Long.parseLong(text);
      return value < 0 ? UNKNOWN : value;
    } catch (NumberFormatException e) {
      return UNKNOWN;
    }
  }

  private final class Group {
    private final String folder;
    private final boolean isVersion2;

    Group(String folder, boolean isVersion2) {
      this.folder = folder;
      this.isVersion2 = isVersion2;
    }

    long limit() {
      // Above memory.high nobody is killed, but everybody is held back until memory is given back.
      return isVersion2
          ? Math.min(only("memory.max"), only("memory.high"))
          : only("memory.limit_in_bytes");
    }

    long available() {
      long limit = limit();
      long used = only(isVersion2 ? "memory.current" : "memory.usage_in_bytes");
      if (limit == UNKNOWN || used == UNKNOWN) {
        return limit;
      }
      List<String> stat = lines(folder + "/memory.stat");
      String nested = isVersion2 ? "" : "total_";
      long reclaimable =
          known(number(stat, nested + "inactive_file"))
              + known(number(stat, nested + "active_file"));
      return Math.max(0, limit - Math.max(0, used - reclaimable));
    }

    private long only(String file) {
      List<String> lines = lines(folder + "/" + file);
      return lines.isEmpty() ? UNKNOWN : parse(lines.getFirst().trim());
    }

    private static long known(long bytes) {
      return bytes == UNKNOWN ? 0 : bytes;
    }
  }
}
