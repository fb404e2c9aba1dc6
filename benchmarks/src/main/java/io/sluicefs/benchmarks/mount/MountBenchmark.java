// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.mount;

import io.sluicefs.benchmarks.StoreProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * What a whole mount costs the process that serves it: CPU, heap allocated by all threads, and how
 * soon what is in memory is read while somebody else waits for the store. Needs root.
 */
public final class MountBenchmark {
  private static final int ROUNDS = 5;
  private static final long GIB = 1L << 30;
  private static final int SMALL_READS = 50_000;
  private static final int WARM_READERS = 8;
  private static final long COLD_STRIDE = (9L << 20) + 4096;

  /** Writes a line a request where nobody turns it off, as the daemon does that is not asked. */
  private static final Logger ACCESS_LOG = Logger.getLogger("io.sluicefs.access");

  private final Path plugins;
  private final List<String> settings;

  private MountBenchmark(Path plugins, List<String> settings) {
    this.plugins = plugins;
    this.settings = settings;
  }

  /**
   * Prints a row for each kind of work.
   *
   * @param arguments the folder of the plugins, then settings as {@code name=value}
   */
  public static void main(String... arguments) throws Exception {
    ACCESS_LOG.setLevel(Level.OFF);
    MountBenchmark benchmark =
        new MountBenchmark(Path.of(arguments[0]), List.of(arguments).subList(1, arguments.length));
    System.out.printf(
        "%-34s %8s %10s %14s %16s%n",
        "work", "GB/s", "CPU-s/GiB", "heap KiB/GiB", "heap B/request");
    benchmark.bytes();
    System.out.printf(
        "%n%-34s %8s %8s %10s %16s%n", "work", "p50 us", "p99 us", "daemon us", "heap B/request");
    benchmark.requests();
    benchmark.besideAColdReader();
  }

  /** Work that moves bytes. */
  private void bytes() throws Exception {
    try (ServedBucket bucket = new ServedBucket(plugins, GIB, Duration.ZERO, settings)) {
      // What classes and the compiler take is not a request's.
      for (int i = 1; i <= 2; i++) {
        dd(bucket, StoreProcess.KEY + i, "");
        write(bucket);
      }
      int cold = 3;
      for (int readAhead : new int[] {1024, 128}) {
        bucket.readAhead(readAhead);
        String name = "cold, dd, readahead " + readAhead + " KiB";
        ServedBucket.Usage[] rounds = new ServedBucket.Usage[3];
        for (int i = 0; i < rounds.length; i++) {
          String key = StoreProcess.KEY + cold++;
          rounds[i] = bucket.measure(() -> dd(bucket, key, ""));
        }
        print(name, GIB, 0, rounds);
      }
      dropPageCache();
      for (int readAhead : new int[] {1024, 128}) {
        bucket.readAhead(readAhead);
        warmed(bucket);
        ServedBucket.Usage[] rounds = new ServedBucket.Usage[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) {
          dropPageCache();
          rounds[i] = bucket.measure(() -> dd(bucket, StoreProcess.KEY, ""));
        }
        print(
            "warm, dd, readahead " + readAhead + " KiB",
            GIB,
            GIB / ((long) readAhead << 10),
            rounds);
      }
      ServedBucket.Usage[] direct = new ServedBucket.Usage[ROUNDS];
      for (int i = 0; i < ROUNDS; i++) {
        direct[i] = bucket.measure(() -> warmed(bucket));
      }
      print("warm, O_DIRECT, 1 MiB", GIB, GIB >> 20, direct);
      ServedBucket.Usage[] writes = new ServedBucket.Usage[ROUNDS];
      for (int i = 0; i < ROUNDS; i++) {
        writes[i] = bucket.measure(() -> write(bucket));
      }
      print("write, dd bs=1M, closed", GIB, GIB >> 20, writes);
    }
  }

  private static void warmed(ServedBucket bucket) throws Exception {
    dd(bucket, StoreProcess.KEY, "iflag=direct");
  }

  private static void dd(ServedBucket bucket, String key, String options) throws Exception {
    shell(
        "dd if=%s of=/dev/null bs=1M status=none %s"
            .formatted(bucket.path().resolve(key), options));
  }

  private static void write(ServedBucket bucket) throws Exception {
    shell(
        "dd if=/dev/zero of=%s bs=1M count=1024 status=none"
            .formatted(bucket.path().resolve("new")));
  }

  private static void dropPageCache() throws Exception {
    Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "1");
  }

  private static void shell(String command) throws Exception {
    String _ = ServedBucket.output("sh", "-c", command);
  }

  private static void print(String name, long bytes, long requests, ServedBucket.Usage... rounds) {
    double gib = (double) bytes / GIB;
    double seconds = median(rounds, ServedBucket.Usage::seconds);
    double cpu = median(rounds, ServedBucket.Usage::cpuSeconds);
    double heap = median(rounds, usage -> usage.heapBytes());
    System.out.printf(
        Locale.ROOT,
        "%-34s %8.2f %10.2f %14.0f %16s%n",
        name,
        bytes / 1e9 / seconds,
        cpu / gib,
        heap / gib / 1024,
        requests == 0 ? "" : "%.0f".formatted(heap / requests));
  }

  private static double median(
      ServedBucket.Usage[] rounds, java.util.function.ToDoubleFunction<ServedBucket.Usage> what) {
    double[] values = Arrays.stream(rounds).mapToDouble(what).sorted().toArray();
    return values[values.length / 2];
  }

  /** Small requests, answered from what the daemon has in memory. */
  private void requests() throws Exception {
    try (ServedBucket bucket = new ServedBucket(plugins, GIB, Duration.ZERO, settings)) {
      warmed(bucket);
      String[] warm = smallReads(bucket, StoreProcess.KEY, 1, SMALL_READS, 0);
      String _ = ServedBucket.output(warm);
      String[] said = {""};
      ServedBucket.Usage[] rounds = new ServedBucket.Usage[ROUNDS];
      for (int i = 0; i < ROUNDS; i++) {
        rounds[i] = bucket.measure(() -> said[0] = ServedBucket.output(warm));
      }
      printSmall("warm, O_DIRECT, 4 KiB", said[0], SMALL_READS, rounds);
      String stat =
          "cd %s/small && seq -f f%%.0f 0 %d | xargs stat -c %%s > /dev/null"
              .formatted(bucket.path(), StoreProcess.SMALL - 1);
      for (int i = -ROUNDS; i < ROUNDS; i++) {
        // The daemon keeps what it has listed, Linux forgets it.
        Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "2");
        shell("ls -f %s/small > /dev/null".formatted(bucket.path()));
        ServedBucket.Usage usage = bucket.measure(() -> shell(stat));
        if (i >= 0) {
          rounds[i] = usage;
        }
      }
      printSmall("stat, not in Linux's caches", "- -", StoreProcess.SMALL, rounds);
    }
  }

  private static void printSmall(
      String name, String percentiles, int requests, ServedBucket.Usage... rounds) {
    String[] words = percentiles.split(" ", 2);
    System.out.printf(
        Locale.ROOT,
        "%-34s %8s %8s %10.1f %16.0f%n",
        name,
        words[0],
        words[1],
        median(rounds, ServedBucket.Usage::cpuSeconds) * 1e6 / requests,
        median(rounds, usage -> usage.heapBytes()) / requests);
  }

  /** Reads of what is in memory, while one reader waits 100 ms for each of its own. */
  private void besideAColdReader() throws Exception {
    try (ServedBucket bucket = new ServedBucket(plugins, GIB, Duration.ofMillis(100), settings)) {
      warmed(bucket);
      String[] warm = smallReads(bucket, StoreProcess.KEY, WARM_READERS, SMALL_READS / 5, 0);
      String _ = ServedBucket.output(warm);
      for (int i = 0; i < 2; i++) {
        ServedBucket.Usage[] usage = new ServedBucket.Usage[1];
        String[] said = {""};
        usage[0] = bucket.measure(() -> said[0] = ServedBucket.output(warm));
        printSmall(WARM_READERS + " warm readers", said[0], WARM_READERS * SMALL_READS / 5, usage);
        Process cold =
            new ProcessBuilder(smallReads(bucket, StoreProcess.KEY + 1, 1, 0, COLD_STRIDE)).start();
        usage[0] = bucket.measure(() -> said[0] = ServedBucket.output(warm));
        cold.destroy();
        cold.waitFor();
        printSmall("  beside a cold one", said[0], WARM_READERS * SMALL_READS / 5, usage);
      }
    }
  }

  private static String[] smallReads(
      ServedBucket bucket, String key, int threads, int count, long stride) {
    return new String[] {
      Path.of(System.getProperty("java.home"), "bin", "java").toString(),
      "-XX:+UseSerialGC",
      "-Xmx64m",
      "--module-path",
      System.getProperty("jdk.module.path", ""),
      "--add-modules",
      "jdk.unsupported",
      "--module",
      "io.sluicefs.benchmarks/" + SmallReads.class.getName(),
      bucket.path().resolve(key).toString(),
      Integer.toString(threads),
      Integer.toString(count),
      Long.toString(stride)
    };
  }
}
