// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import io.sluicefs.benchmarks.DirectFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What uses files in ways no program at hand does, in a process of its own that can be killed. It
 * prints {@code ready}, waits for a line, works, and prints the microseconds that half of its
 * operations took at most.
 */
final class FileProgram {
  static final int MAPPED_PIECE = 16 << 20;
  static final int SMALL_READ = 4 << 10;

  static final int LARGE_READ = 1 << 20;
  private static final int PAGE = 4096;
  private static final int SMALL_FILE_THREADS = 16;

  private final long[] nanos;
  private int touched;

  private FileProgram(int operations) {
    nanos = new long[operations];
  }

  /** One operation on one file or piece of one. */
  @FunctionalInterface
  private interface Operation {
    void run(int number) throws IOException;
  }

  /** Arguments: what to do, a file or folder of the mount, how many times. */
  public static void main(String[] arguments) throws Exception {
    Path path = Path.of(arguments[1]);
    int count = Integer.parseInt(arguments[2]);
    FileProgram program = new FileProgram(count);
    switch (arguments[0]) {
      case "map" -> program.map(path);
      case "small-files" -> program.readSmallFiles(path);
      case "stat" -> program.inOrder(number -> Files.size(path.resolve(name(number))));
      case "create" -> program.inOrder(number -> create(path.resolve(name(number))));
      case "unlink" -> program.inOrder(number -> Files.delete(path.resolve(name(number))));
      case "warm-direct" -> program.readAgain(path, LARGE_READ);
      case "warm-direct-small" -> program.readAgain(path, SMALL_READ);
      default -> throw new IllegalArgumentException(arguments[0]);
    }
    Arrays.sort(program.nanos);
    System.out.println(program.nanos[count / 2] / 1000);
  }

  /** Returns the name of a file of a folder of many. */
  static String name(int number) {
    return "file-%05d".formatted(number);
  }

  private static void await() throws IOException {
    System.out.println("ready");
    if (System.in.read() < 0) {
      throw new IOException("not wanted any more");
    }
  }

  private void inOrder(Operation operation) throws IOException {
    await();
    for (int number = 0; number < nanos.length; number++) {
      timed(operation, number);
    }
  }

  private void timed(Operation operation, int number) throws IOException {
    long start = System.nanoTime();
    operation.run(number);
    nanos[number] = System.nanoTime() - start;
  }

  private static void create(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(PAGE);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
  }

  /** Touches every page of pieces of a file, in an order that has none. */
  private void map(Path file) throws IOException {
    List<Integer> pieces = new ArrayList<>();
    for (int piece = 0; piece < nanos.length; piece++) {
      pieces.add(piece);
    }
    Collections.shuffle(pieces, new Random(1));
    await();
    try (Arena arena = Arena.ofConfined();
        FileChannel channel = FileChannel.open(file)) {
      MemorySegment map = channel.map(MapMode.READ_ONLY, 0, Files.size(file), arena);
      inOrderOf(
          pieces,
          piece -> {
            long start = (long) piece * MAPPED_PIECE;
            byte bits = 0;
            for (long at = start; at < start + MAPPED_PIECE; at += PAGE) {
              bits ^= map.get(ValueLayout.JAVA_BYTE, at);
            }
            touched += bits;
          });
    }
  }

  private void inOrderOf(List<Integer> numbers, Operation operation) throws IOException {
    for (int number : numbers) {
      timed(operation, number);
    }
  }

  private void readSmallFiles(Path folder) throws Exception {
    await();
    try (ExecutorService threads = Executors.newFixedThreadPool(SMALL_FILE_THREADS)) {
      List<Future<?>> reads = new ArrayList<>();
      for (int i = 0; i < nanos.length; i++) {
        int number = i;
        reads.add(
            threads.submit(
                () -> {
                  timed(read -> Files.readAllBytes(folder.resolve(name(read))), number);
                  return null;
                }));
      }
      for (Future<?> read : reads) {
        read.get();
      }
    }
  }

  /** Reads a file past the page cache once in order, and then measures doing so again. */
  private void readAgain(Path path, int size) throws IOException {
    long end = Files.size(path);
    try (DirectFile file = DirectFile.open(path)) {
      MemorySegment large = Arena.global().allocate(LARGE_READ, PAGE);
      for (long at = 0; at < end; at += LARGE_READ) {
        file.read(large, at);
      }
      MemorySegment small = large.asSlice(0, size);
      inOrder(number -> file.read(small, number % (end / size) * size));
    }
  }
}
