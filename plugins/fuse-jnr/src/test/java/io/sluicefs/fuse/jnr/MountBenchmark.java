// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import io.sluicefs.spi.testkit.fuse.MountedFileSystem;
import io.sluicefs.spi.testkit.fuse.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Prints what a mount costs the process that serves it, in CPU seconds a GiB (or a 100,000 requests
 * of 4 KiB), for a file that costs nothing to make. Needs root for {@code read_ahead_kb}.
 */
final class MountBenchmark {
  private static final int ROUNDS = 5;
  private static final int CLOCK_TICKS = 100;

  private MountBenchmark() {}

  public static void main(String[] args) throws Exception {
    Path working = Path.of("target", "fuse-benchmark").toAbsolutePath();
    Path mountpoint = working.resolve("mount");
    Files.createDirectories(working);
    MountedFileSystem.clean(working);
    Files.createDirectory(mountpoint);
    Path temporary = Files.createTempDirectory("sluice-benchmark-");
    try (MountedProcess process = MountedProcess.start(mountpoint, temporary)) {
      String big = mountpoint.resolve("big").toString();
      String dd = "dd if=" + big + " of=/dev/null status=none ";
      readAhead(mountpoint, 128);
      measure(process, "dd, readahead 128 KiB", 1, dd + "bs=1M count=1024");
      readAhead(mountpoint, 1024);
      measure(process, "dd, readahead 1 MiB", 1, dd + "bs=1M count=1024");
      measure(process, "O_DIRECT 1 MiB, 1 job", 1, dd + "bs=1M count=1024 iflag=direct");
      String job = dd + "bs=1M count=256 iflag=direct skip=$((j * 256)) & ";
      measure(
          process,
          "O_DIRECT 1 MiB, 8 jobs",
          2,
          "for j in 0 1 2 3 4 5 6 7; do " + job + "done; wait");
      measure(process, "O_DIRECT 4 KiB", 1, dd + "bs=4k count=100000 iflag=direct");
      process.end("TERM");
    } finally {
      MountedFileSystem.clean(working);
      Files.deleteIfExists(temporary.resolve("hsperfdata_root"));
      Files.delete(temporary);
    }
  }

  private static void readAhead(Path mountpoint, int kibibytes) throws Exception {
    String device = Program.output("stat", "-c", "%Hd:%Ld", mountpoint.toString());
    Files.writeString(
        Path.of("/sys/class/bdi", device, "read_ahead_kb"), Integer.toString(kibibytes));
  }

  private static void measure(MountedProcess process, String what, int amount, String command)
      throws Exception {
    StringBuilder line = new StringBuilder("%-24s".formatted(what));
    for (int round = 0; round < ROUNDS; round++) {
      double before = cpuSeconds(process);
      Program.output("sh", "-c", command);
      line.append(" %.2f".formatted((cpuSeconds(process) - before) / amount));
    }
    System.out.println(line);
  }

  private static double cpuSeconds(MountedProcess process) throws Exception {
    String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
    List<String> fields = List.of(stat.substring(stat.indexOf(')') + 2).split(" ", -1));
    return (Long.parseLong(fields.get(11)) + Long.parseLong(fields.get(12))) / (double) CLOCK_TICKS;
  }
}
