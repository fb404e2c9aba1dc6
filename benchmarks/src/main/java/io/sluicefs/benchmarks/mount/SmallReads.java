// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.mount;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** A process that reads pieces of 4 KiB past the page cache and says how long each took. */
final class SmallReads {
  private static final int PIECE = 4096;

  /** O_DIRECT, which javac warns of when it is named. */
  private static final OpenOption DIRECT = direct();

  private SmallReads() {}

  private static OpenOption direct() {
    try {
      Class<?> options = Class.forName("com.sun.nio.file.ExtendedOpenOption");
      return (OpenOption) options.getField("DIRECT").get(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this Java knows no O_DIRECT", e);
    }
  }

  /**
   * Reads, and prints the 50th and the 99th percentile in microseconds; with no count it reads
   * until it is killed.
   *
   * @param arguments the file, threads, reads of each or 0, and the bytes between two pieces, 0 for
   *     any piece of the first 256 MiB
   */
  public static void main(String... arguments) throws Exception {
    Path file = Path.of(arguments[0]);
    int threads = Integer.parseInt(arguments[1]);
    int count = Integer.parseInt(arguments[2]);
    long stride = Long.parseLong(arguments[3]);
    long[][] times = new long[threads][count];
    List<Thread> readers = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int reader = i;
      readers.add(Thread.ofPlatform().start(() -> read(file, times[reader], stride, reader)));
    }
    for (Thread reader : readers) {
      reader.join();
    }
    long[] all = Arrays.stream(times).flatMapToLong(Arrays::stream).sorted().toArray();
    System.out.printf("%.1f %.1f%n", all[all.length / 2] / 1e3, all[all.length / 100 * 99] / 1e3);
  }

  private static void read(Path file, long[] times, long stride, int seed) {
    ByteBuffer piece = ByteBuffer.allocateDirect(2 * PIECE).alignedSlice(PIECE).limit(PIECE);
    Random random = new Random(seed);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, DIRECT)) {
      long pieces = channel.size() / PIECE;
      for (int i = 0; times.length == 0 || i < times.length; i++) {
        long offset =
            stride == 0
                ? random.nextLong(Math.min(pieces, (256L << 20) / PIECE)) * PIECE
                : i * stride % (pieces * PIECE);
        long begin = System.nanoTime();
        channel.read(piece.clear().limit(PIECE), offset);
        if (times.length > 0) {
          times[i] = System.nanoTime() - begin;
        }
      }
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
