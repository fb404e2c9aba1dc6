// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the Linux kernel says a process has used; read from {@code /proc}. */
record ProcessUsage(long pid) {
  /** Clock ticks a second, fixed for user space on Linux. */
  private static final double TICKS = 100;

  double cpuSeconds() throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS;
  }

  long peakResidentBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    throw new IOException("no VmHWM for process " + pid);
  }
}
