// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;

/**
 * What the figures were taken on.
 *
 * @param load average number of processes that ran or waited to, before the comparison
 */
record Machine(
    String processor,
    int cores,
    long memoryBytes,
    String linux,
    String java,
    String load,
    LocalDate day) {
  static Machine here() throws IOException {
    return new Machine(
        field(Path.of("/proc/cpuinfo"), "model name"),
        Runtime.getRuntime().availableProcessors(),
        memory("MemTotal"),
        System.getProperty("os.version") + " " + System.getProperty("os.arch"),
        System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
        currentLoad(),
        LocalDate.now(ZoneOffset.UTC));
  }

  /** Returns the load average of the last minute. */
  static String currentLoad() throws IOException {
    return Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
  }

  /** Returns the bytes that programs can take without swapping. */
  static long availableMemory() throws IOException {
    return memory("MemAvailable");
  }

  private static long memory(String name) throws IOException {
    return Long.parseLong(field(Path.of("/proc/meminfo"), name).replaceAll("\\D", "")) << 10;
  }

  private static String field(Path file, String name) throws IOException {
    return Files.readAllLines(file).stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("unknown");
  }
}
