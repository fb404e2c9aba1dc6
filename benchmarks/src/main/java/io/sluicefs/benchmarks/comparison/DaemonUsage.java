// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What the Linux kernel says a daemon and its children have used; read from {@code /proc}. */
record DaemonUsage(ProcessHandle daemon) {
  /** Clock ticks a second, fixed for user space on Linux. */
  private static final double TICKS = 100;

  private List<Path> processes() {
    return Stream.concat(Stream.of(daemon), daemon.descendants())
        .map(process -> Path.of("/proc", Long.toString(process.pid())))
        .toList();
  }

  /** Returns user and system time, that of children that have ended included. */
  double cpuSeconds() throws IOException {
    long ticks = 0;
    for (Path process : processes()) {
      String stat = text(process.resolve("stat"));
      if (!stat.isEmpty()) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        for (int field = 11; field <= 14; field++) {
          ticks += Long.parseLong(fields[field]);
        }
      }
    }
    return ticks / TICKS;
  }

  /** Lets the peak begin anew at what is resident now. */
  void resetPeak() throws IOException {
    for (Path process : processes()) {
      Files.writeString(process.resolve("clear_refs"), "5");
    }
  }

  /** Returns the largest resident size since {@link #resetPeak}. */
  long peakResidentBytes() throws IOException {
    long sum = 0;
    for (Path process : processes()) {
      for (String line : text(process.resolve("status")).split("\n", -1)) {
        if (line.startsWith("VmHWM:")) {
          sum += Long.parseLong(line.replaceAll("\\D", "")) << 10;
        }
      }
    }
    return sum;
  }

  /** Returns the text of a file; empty if the process has ended. */
  private static String text(Path file) throws IOException {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException e) {
      return "";
    }
  }
}
