// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.mount;

import com.google.errorprone.annotations.MustBeClosed;
import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import io.sluicefs.benchmarks.StoreProcess;
import io.sluicefs.kernel.config.Configuration;
import io.sluicefs.kernel.mount.Mount;
import io.sluicefs.kernel.mount.MountRequest;
import io.sluicefs.kernel.mount.Mountpoint;
import io.sluicefs.kernel.mount.StateFolder;
import io.sluicefs.kernel.plugin.PluginCatalog;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A bucket mounted by this process, from a store in another, so that what this process uses is what
 * a daemon would. Whoever reads and writes must be in a process of its own too.
 */
final class ServedBucket implements AutoCloseable {
  private final Path working;
  private final StoreProcess store;
  private final PluginCatalog plugins;
  private final Mount mount;

  /**
   * Mounts.
   *
   * @param plugins the folder of a distribution
   * @param latency of each request to the store
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // closed with this
  ServedBucket(Path plugins, long objectSize, Duration latency, List<String> settings)
      throws Exception {
    working = Files.createTempDirectory("sluice-mount-benchmark-");
    store = StoreProcess.start(objectSize, false, latency);
    Path configuration = working.resolve("sluice.conf");
    Files.writeString(
        configuration,
        """
        transport.s3 {
          endpoint = "%s"
          region = us-east-1
          bucket = %s
          path-style = true
          allow-http = true
          credentials = anonymous
        }
        memory.limit = 2GiB
        cache.memory { capacity = 1280MiB, retention = lru }
        metadata.attribute-ttl = 600s
        write.staging.path = "%s"
        """
            .formatted(store.s3(), StoreProcess.BUCKET, working.resolve("staging")));
    this.plugins = new PluginCatalog(plugins);
    mount =
        Mount.open(
            new MountRequest(
                Configuration.load(configuration, settings),
                this.plugins,
                Mountpoint.of(Files.createDirectory(working.resolve("mount"))),
                false,
                new StateFolder(working.resolve("state")),
                ""));
  }

  /** Returns where it is mounted. */
  Path path() {
    return mount.mountpoint().path();
  }

  /** Lets Linux read ahead so far. */
  void readAhead(int kibibytes) throws Exception {
    String device = output("stat", "-c", "%Hd:%Ld", path().toString());
    Files.writeString(
        Path.of("/sys/class/bdi", device, "read_ahead_kb"), Integer.toString(kibibytes));
  }

  /** Something done by other processes. */
  @FunctionalInterface
  interface Work {
    void run() throws Exception;
  }

  /**
   * What this process used meanwhile.
   *
   * @param seconds of time
   * @param cpuSeconds of all its threads
   * @param heapBytes allocated by all its threads but the caller
   */
  record Usage(double seconds, double cpuSeconds, long heapBytes) {}

  /** Measures work. */
  Usage measure(Work work) throws Exception {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    ThreadMXBean threads = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
    // Whoever starts the programs is no part of a daemon.
    long heap = threads.getTotalThreadAllocatedBytes() - threads.getCurrentThreadAllocatedBytes();
    long cpu = system.getProcessCpuTime();
    long time = System.nanoTime();
    work.run();
    return new Usage(
        (System.nanoTime() - time) / 1e9,
        (system.getProcessCpuTime() - cpu) / 1e9,
        threads.getTotalThreadAllocatedBytes() - threads.getCurrentThreadAllocatedBytes() - heap);
  }

  /** Runs a program that must succeed and returns what it says. */
  static String output(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String said =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (process.waitFor() != 0) {
      throw new IllegalStateException(String.join(" ", command) + " failed");
    }
    return said;
  }

  @Override
  public void close() throws IOException {
    mount.close();
    plugins.close();
    store.close();
    try (Stream<Path> files = Files.walk(working)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
