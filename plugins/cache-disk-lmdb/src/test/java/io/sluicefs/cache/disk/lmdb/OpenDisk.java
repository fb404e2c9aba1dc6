// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.cache.ObjectBlocks;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.testkit.cache.PatternLoader;
import io.sluicefs.spi.testkit.cache.PatternObject;
import io.sluicefs.spi.transport.ReadProgress;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** A disk cache that is open, read as a cache in memory above it does. */
final class OpenDisk implements AutoCloseable {
  static final int BLOCK = 64 << 10;
  static final int RUN_BLOCKS = 32;

  private final LeakCheckedMemory memory = new LeakCheckedMemory(256L << 20);
  private final LmdbBlockCache cache;

  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // close() closes it
  private OpenDisk(Map<String, String> settings) throws Exception {
    this.cache =
        new LmdbBlockCacheProvider()
            .open(TestContext.of(new LmdbBlockCacheProvider(), settings, memory));
  }

  @MustBeClosed
  static OpenDisk of(Path directory, String maxSize) throws Exception {
    return new OpenDisk(settings(directory, maxSize, Map.of()));
  }

  @MustBeClosed
  static OpenDisk of(Path directory, String maxSize, Map<String, String> more) throws Exception {
    return new OpenDisk(settings(directory, maxSize, more));
  }

  static Map<String, String> settings(Path directory, String maxSize, Map<String, String> more) {
    Map<String, String> settings = new HashMap<>();
    settings.put("path", directory.toString());
    settings.put("block-size", "64KiB");
    settings.put("max-size", maxSize);
    settings.put("free-space-floor", "0");
    settings.put("fill-memory", "32MiB");
    settings.putAll(more);
    return settings;
  }

  LmdbBlockCache cache() {
    return cache;
  }

  long counter(String name) {
    return Objects.requireNonNull(cache.counters().get(name), name);
  }

  /** Reads an object from beginning to end and checks every byte; returns what was loaded. */
  long read(PatternObject object) throws IOException, InterruptedException {
    return read(object, 0, blocks(object));
  }

  /** Reads some blocks and checks every byte; returns the bytes that were loaded. */
  long read(PatternObject object, int first, int end) throws IOException, InterruptedException {
    PatternLoader pattern = new PatternLoader(object, BLOCK);
    BlockLoader loader =
        (range, target, progress) -> {
          assertFalse(cache.isReadingIndex(), "a transaction is open while the store is asked");
          pattern.load(range, target, progress);
        };
    ByteBuffer target = ByteBuffer.allocateDirect(RUN_BLOCKS * BLOCK);
    try (ObjectBlocks blocks = cache.attach(object.id(), object.size(), loader)) {
      for (int block = first; block < end; block += RUN_BLOCKS) {
        long start = (long) block * BLOCK;
        int length =
            (int)
                (Math.min(object.size(), (long) Math.min(end, block + RUN_BLOCKS) * BLOCK) - start);
        target.clear().limit(length);
        blocks.load(ByteRange.of(start, length), new ByteBuffer[] {target}, ReadProgress.NONE);
        assertFalse(target.hasRemaining());
        object.check(start, MemorySegment.ofBuffer(target.flip()));
      }
    }
    pattern.verify();
    return pattern.bytes();
  }

  /** Reads an object, and waits until what was loaded is on the disk. */
  long readAndKeep(PatternObject object) throws IOException, InterruptedException {
    long loaded = read(object);
    cache.awaitFills();
    return loaded;
  }

  static int blocks(PatternObject object) {
    return (int) ((object.size() + BLOCK - 1) / BLOCK);
  }

  /** Returns the bytes of all files in a directory. */
  static long size(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      List<Path> all = files.filter(Files::isRegularFile).toList();
      long bytes = 0;
      for (Path file : all) {
        bytes += Files.size(file);
      }
      return bytes;
    }
  }

  @Override
  public void close() {
    cache.close();
    memory.close();
  }
}
