// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.read;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Whatever is between the reader and the store, and in whatever order one reads: what comes out are
 * the bytes of the object. Run it over every stack there is: one cache, two, a mount.
 *
 * <p>Orders are random; a failure names the seed, and {@code -Dsluice.seed=…} repeats it.
 */
public abstract class ReadTransparencySuite {
  private static final int THREADS = 6;
  private static final int READS = 200;

  private final long seed = Long.getLong("sluice.seed", System.nanoTime());

  /** Reads one object through the stack, as one open file handle. Thread-safe. */
  public interface Reader extends AutoCloseable {
    /** Returns the bytes from {@code offset}, as many as asked for unless the object ends. */
    byte[] read(long offset, int length) throws IOException;

    @Override
    void close() throws IOException;
  }

  /** For suites that run over a stack. */
  protected ReadTransparencySuite() {}

  /** Opens a new object with these bytes through the stack. */
  @MustBeClosed
  protected abstract Reader open(byte[] object) throws Exception;

  /**
   * Returns sizes whose boundaries matter: blocks, chunks, requests; at most a few MiB each. No
   * read is longer than three times the smallest.
   */
  protected abstract List<Integer> boundaries();

  @Test
  void objectsOfAllSizesReadInOrderAreWhole() throws Exception {
    for (int size : sizes()) {
      byte[] object = bytes(size);
      try (Reader reader = open(object)) {
        int piece = Math.max(1, smallest() / 2 + 1);
        for (int at = 0; at < size; at += piece) {
          check(object, reader, at, piece);
        }
      }
    }
  }

  @Test
  void readsEndWhereTheObjectEnds() throws Exception {
    for (int size : sizes()) {
      byte[] object = bytes(size);
      try (Reader reader = open(object)) {
        check(object, reader, Math.max(0, size - 1), 100);
        check(object, reader, size, 100);
        check(object, reader, size + 1L, 100);
        check(object, reader, size + (1L << 40), 100);
        check(object, reader, Math.max(0, size - smallest() - 1), 2 * smallest());
      }
    }
  }

  @Test
  void readsAcrossEveryBoundaryAreWhole() throws Exception {
    byte[] object = bytes(2 * largest() + 3);
    try (Reader reader = open(object)) {
      for (int boundary : boundaries()) {
        for (int at = boundary; at <= object.length; at += boundary) {
          check(object, reader, at - 1, 1);
          check(object, reader, at - 1, 2);
          check(object, reader, at, 1);
        }
      }
    }
  }

  @Test
  void anObjectReadBackwardsIsWhole() throws Exception {
    byte[] object = bytes(2 * largest() + 5);
    try (Reader reader = open(object)) {
      int piece = smallest() + 1;
      for (int end = object.length; end > 0; end -= piece) {
        int start = Math.max(0, end - piece);
        check(object, reader, start, end - start);
      }
    }
  }

  @Test
  void readsInAnyOrderGiveTheBytesOfTheObject() throws Exception {
    byte[] object = bytes(2 * largest() + 7);
    try (Reader reader = open(object)) {
      readAnywhere(object, reader, new Random(seed));
    }
  }

  @Test
  void severalThreadsReadTheSameHandleInAnyOrder() throws Exception {
    byte[] object = bytes(2 * largest() + 9);
    try (Reader reader = open(object);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      List<Future<?>> results = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        Random random = new Random(seed + i);
        results.add(
            threads.submit(
                () -> {
                  readAnywhere(object, reader, random);
                  return null;
                }));
      }
      for (Future<?> result : results) {
        result.get();
      }
    }
  }

  /** Reads runs of neighbouring pieces and single ones, small and large. */
  private void readAnywhere(byte[] object, Reader reader, Random random) throws Exception {
    long at = 0;
    for (int i = 0; i < READS; i++) {
      if (random.nextInt(4) == 0) {
        at = random.nextInt(object.length);
      }
      int length = 1 + random.nextInt(random.nextBoolean() ? 300 : smallest() * 2);
      check(object, reader, at, length);
      at = at + length < object.length ? at + length : 0;
    }
  }

  private void check(byte[] object, Reader reader, long offset, int length) throws Exception {
    int from = (int) Math.min(offset, object.length);
    int to = (int) Math.min(offset + length, object.length);
    byte[] expected = Arrays.copyOfRange(object, from, to);
    byte[] actual = reader.read(offset, length);
    if (!Arrays.equals(expected, actual)) {
      String what =
          "%d bytes from %d of %d, -Dsluice.seed=%d".formatted(length, offset, object.length, seed);
      assertEquals(expected.length, actual.length, () -> "length of " + what);
      assertArrayEquals(expected, actual, () -> what);
    }
  }

  private List<Integer> sizes() {
    List<Integer> sizes = new ArrayList<>(List.of(0, 1, 4095, 4096, 4097));
    for (int boundary : boundaries()) {
      sizes.addAll(List.of(boundary - 1, boundary, boundary + 1));
    }
    sizes.add(2 * largest() + smallest() / 2);
    return sizes;
  }

  private int smallest() {
    return boundaries().stream().mapToInt(Integer::intValue).min().orElse(1);
  }

  private int largest() {
    return boundaries().stream().mapToInt(Integer::intValue).max().orElse(1);
  }

  private byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    new Random(seed + size).nextBytes(bytes);
    return bytes;
  }
}
