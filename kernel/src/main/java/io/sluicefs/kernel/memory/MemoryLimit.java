// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How much memory the process takes when the configuration does not say: half of what it may have,
 * which is the smallest limit of its control groups, of version 2 or 1, or the memory of the
 * machine. The other half is for the page cache, which the kernel counts to the group that reads,
 * and for the programs that load the model.
 */
public final class MemoryLimit {
  /**
   * Bytes of any limit that are for the Java runtime: 40 MiB of code and classes, 25 MiB of
   * metaspace, 15 MiB of compiled code, 30 MiB the compilers work with, and a heap of some 10,000
   * names. What a daemon took beside its data at its peak, which is in its first minutes.
   */
  public static final long RUNTIME = 128L << 20;

  /**
   * The smallest limit: enough for the runtime, the threads of a FUSE channel, a request of
   * read-ahead and the blocks of some reads.
   */
  public static final long LEAST = RUNTIME + (16L << 20);

  private static final long WHEN_UNKNOWN = 1L << 30;

  private final Path root;

  /** Creates a reader of the real files. */
  public MemoryLimit() {
    this(Path.of("/"));
  }

  /** Creates a reader of the files under {@code root} instead of {@code /}. */
  MemoryLimit(Path root) {
    this.root = root;
  }

  /** Returns the default limit in bytes. */
  public long bytes() {
    long most = Math.min(machine(), controlGroup());
    return most == Long.MAX_VALUE ? WHEN_UNKNOWN : Math.max(most / 2, LEAST);
  }

  private long machine() {
    for (String line : lines("proc/meminfo")) {
      if (line.startsWith("MemTotal:")) {
        String[] words = line.trim().split("\\s+", -1);
        return words.length < 2 ? Long.MAX_VALUE : kibibytes(words[1]);
      }
    }
    return Long.MAX_VALUE;
  }

  private static long kibibytes(String text) {
    long count = parse(text);
    return count > Long.MAX_VALUE >> 10 ? Long.MAX_VALUE : count << 10;
  }

  private long controlGroup() {
    long least = Long.MAX_VALUE;
    // A line is hierarchy:controllers:path; version 2 is 0::path.
    for (String line : lines("proc/self/cgroup")) {
      String[] parts = line.split(":", 3);
      if (parts.length < 3) {
        continue;
      }
      if (parts[0].equals("0") && parts[1].isEmpty()) {
        least = Math.min(least, nested("sys/fs/cgroup", parts[2], "memory.max"));
      } else if (List.of(parts[1].split(",", -1)).contains("memory")) {
        least = Math.min(least, nested("sys/fs/cgroup/memory", parts[2], "memory.limit_in_bytes"));
      }
    }
    return least;
  }

  /** Returns the smallest limit of a group and of all it is nested in. */
  private long nested(String mount, String group, String file) {
    long least = Long.MAX_VALUE;
    String path = group;
    while (true) {
      List<String> lines = lines(mount + path + "/" + file);
      if (!lines.isEmpty()) {
        least = Math.min(least, parse(lines.get(0).trim()));
      }
      int slash = path.lastIndexOf('/');
      if (slash < 0) {
        return least;
      }
      path = path.substring(0, slash);
    }
  }

  /** Returns a number, or no limit for {@code max} and whatever else stands there. */
  private static long parse(String text) {
    try {
      long value = Long.parseLong(text);
      return value <= 0 ? Long.MAX_VALUE : value;
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  private List<String> lines(String file) {
    try {
      return Files.readAllLines(root.resolve(file));
    } catch (IOException e) {
      return List.of();
    }
  }
}
