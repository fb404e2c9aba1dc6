// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What moving bytes costs this process, printed as a row. */
final class Cost {
  private Cost() {}

  /** Moves so many bytes. */
  @FunctionalInterface
  interface Work {
    void move(long bytes) throws Exception;
  }

  static void printHead() {
    System.out.printf("%-12s %8s %12s %14s%n", "client", "MiB/s", "CPU-s/GiB", "heap KiB/GiB");
  }

  /** Measures after one GiB to warm up. */
  static void print(String name, int gib, Work work) throws Exception {
    work.move(1L << 30);
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    ThreadMXBean threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
    long heap = threads.getTotalThreadAllocatedBytes();
    long cpu = system.getProcessCpuTime();
    long time = System.nanoTime();
    work.move((long) gib << 30);
    double seconds = (System.nanoTime() - time) / 1e9;
    double cpuSeconds = (system.getProcessCpuTime() - cpu) / 1e9;
    long heapBytes = threads.getTotalThreadAllocatedBytes() - heap;
    System.out.printf(
        "%-12s %8.0f %12.2f %14d%n",
        name, gib * 1024 / seconds, cpuSeconds / gib, heapBytes / gib / 1024);
  }
}
