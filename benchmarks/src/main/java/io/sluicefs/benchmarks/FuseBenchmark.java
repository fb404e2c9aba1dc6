// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What a mount costs the process that serves it, and how soon it answers, for each FUSE channel
 * named: CPU time from /proc, on a file system that itself costs nothing. Channels take turns, and
 * each figure is the median of the rounds. Needs root for {@code read_ahead_kb}.
 */
public final class FuseBenchmark {
  private static final int ROUNDS = 5;
  private static final int SMALL_READS = 50_000;
  private static final int STATS = 50_000;
  private static final long MIB = 1L << 20;
  private static final double CLOCK_TICKS = 100;

  private static final List<String> COLUMNS =
      List.of(
          "dd 128K",
          "dd 1M",
          "direct x1",
          "direct x8",
          "write 1M",
          "4K us",
          "4K p50 us",
          "stat us",
          "warm GB/s",
          "beside 8 cold");

  private final Path mountpoint;
  private final long pid;

  private FuseBenchmark(Path mountpoint, long pid) {
    this.mountpoint = mountpoint;
    this.pid = pid;
  }

  /**
   * Prints one row a channel.
   *
   * @param channels names, each with its settings: {@code direct,readers=2}
   */
  public static void main(String... channels) throws Exception {
    Path working = Files.createTempDirectory("sluice-fuse-benchmark-");
    double[][][] figures = new double[channels.length][COLUMNS.size()][ROUNDS];
    try {
      for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < channels.length; i++) {
          Path mountpoint = Files.createDirectory(working.resolve(round + "-" + i));
          Process server = serve(mountpoint, channels[i]);
          try {
            double[] row = new FuseBenchmark(mountpoint, server.pid()).measure();
            for (int column = 0; column < row.length; column++) {
              figures[i][column][round] = row[column];
            }
          } finally {
            server.destroy();
            server.waitFor();
            Files.delete(mountpoint);
          }
        }
      }
    } finally {
      Files.delete(working);
    }
    print(channels, figures);
  }

  private static void print(String[] channels, double[][][] figures) {
    System.out.printf("%-22s", "CPU-s/GiB where not said");
    COLUMNS.forEach(column -> System.out.printf("%14s", column));
    System.out.println();
    for (int i = 0; i < channels.length; i++) {
      System.out.printf("%-24s", channels[i]);
      for (double[] rounds : figures[i]) {
        Arrays.sort(rounds);
        System.out.printf(Locale.ROOT, "%14.2f", rounds[ROUNDS / 2]);
      }
      System.out.println();
    }
  }

  /** Starts a server in the JVM's own module path, and waits until it answers. */
  private static Process serve(Path mountpoint, String channel) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED,io.sluicefs.fuse.direct,io.sluicefs.fuse.jnr",
                "--module-path",
                System.getProperty("jdk.module.path", ""),
                "--class-path",
                System.getProperty("java.class.path"),
                "--add-modules",
                "io.sluicefs.fuse.direct,io.sluicefs.fuse.jnr,java.se,jdk.unsupported",
                "--add-reads",
                "io.sluicefs.fuse.jnr=ALL-UNNAMED",
                "--module",
                "io.sluicefs.benchmarks/" + FuseServer.class.getName()));
    List<String> words = List.of(channel.split(",", -1));
    command.add(words.getFirst());
    command.add(mountpoint.toString());
    command.addAll(words.subList(1, words.size()));
    Process server = new ProcessBuilder(command).inheritIO().start();
    while (!Files.exists(mountpoint.resolve("warm"))) {
      if (!server.isAlive()) {
        throw new IOException("the server ended");
      }
      Thread.sleep(10);
    }
    return server;
  }

  private double[] measure() throws Exception {
    String file = mountpoint.resolve("warm").toString();
    String dd = "dd if=" + file + " of=/dev/null status=none bs=1M ";
    String job = dd + "count=256 iflag=direct skip=$((j * 256)) & ";
    String jobs = "for j in 0 1 2 3 4 5 6 7; do " + job + "done; wait";
    long[] latencies = new long[SMALL_READS];
    // What the JIT compiler costs is not the channel's.
    run(dd + "count=1024 iflag=direct");
    readSmall(latencies);
    stat();
    readAhead(128);
    double slow = cpu(() -> run(dd + "count=1024"));
    readAhead(1024);
    double quick = cpu(() -> run(dd + "count=1024"));
    double one = cpu(() -> run(dd + "count=1024 iflag=direct"));
    double eight = cpu(() -> run(jobs)) / 2;
    String sink = mountpoint.resolve("sink").toString();
    double write = cpu(() -> run("dd if=/dev/zero of=" + sink + " bs=1M count=1024 status=none"));
    double small = cpu(() -> readSmall(latencies)) * 1e6 / SMALL_READS;
    Arrays.sort(latencies);
    double stat = cpu(this::stat) * 1e6 / STATS;
    double alone = warmRate(dd);
    Process cold = new ProcessBuilder("sh", "-c", coldReaders()).start();
    double beside = warmRate(dd);
    cold.waitFor();
    return new double[] {
      slow, quick, one, eight, write, small, latencies[SMALL_READS / 2] / 1e3, stat, alone, beside
    };
  }

  private double warmRate(String dd) throws Exception {
    long begin = System.nanoTime();
    run(dd + "count=2048 iflag=direct");
    return 2048 * MIB / 1e9 / ((System.nanoTime() - begin) / 1e9);
  }

  private String coldReaders() {
    String dd = "dd if=" + mountpoint.resolve("cold") + " of=/dev/null status=none bs=1M count=64";
    return "for j in 0 1 2 3 4 5 6 7; do " + dd + " iflag=direct & done; wait";
  }

  private void readAhead(int kibibytes) throws Exception {
    Process stat = new ProcessBuilder("stat", "-c", "%Hd:%Ld", mountpoint.toString()).start();
    String device =
        new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
    Files.writeString(
        Path.of("/sys/class/bdi", device, "read_ahead_kb"), Integer.toString(kibibytes));
  }

  private void readSmall(long[] latencies) throws IOException {
    try (FileChannel file =
        FileChannel.open(mountpoint.resolve("direct"), StandardOpenOption.READ)) {
      ByteBuffer page = ByteBuffer.allocateDirect(4096);
      for (int i = 0; i < latencies.length; i++) {
        page.clear();
        long begin = System.nanoTime();
        file.read(page, i * 4096L);
        latencies[i] = System.nanoTime() - begin;
      }
    }
  }

  private void stat() throws IOException {
    for (int i = 0; i < STATS; i++) {
      Files.size(mountpoint.resolve("f" + i % 1000));
    }
  }

  /** Something to measure. */
  @FunctionalInterface
  private interface Work {
    void run() throws Exception;
  }

  private double cpu(Work work) throws Exception {
    double before = cpuSeconds();
    work.run();
    return cpuSeconds() - before;
  }

  private double cpuSeconds() throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    String[] fields = stat.substring(stat.indexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / CLOCK_TICKS;
  }

  private static void run(String command) throws Exception {
    int status = new ProcessBuilder("sh", "-c", command).inheritIO().start().waitFor();
    if (status != 0) {
      throw new IOException(command + " exits with " + status);
    }
  }
}
