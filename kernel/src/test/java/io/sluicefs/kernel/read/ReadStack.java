// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.kernel.memory.HardMemoryBudget;
import io.sluicefs.kernel.transport.LimitedTransport;
import io.sluicefs.kernel.transport.RetryPolicy;
import io.sluicefs.kernel.transport.RetryingTransport;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.BlockCacheProvider;
import io.sluicefs.spi.fuse.ReadReply;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.PrefetcherProvider;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.testkit.read.PatternTransport;
import io.sluicefs.spi.transport.Transport;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The read path from the sessions to a store in this process, of the real plugins. */
final class ReadStack implements AutoCloseable {
  static final int KIB = 1 << 10;
  static final int MIB = 1 << 20;

  final PatternTransport store = new PatternTransport();
  final HardMemoryBudget memory;
  final List<BlockCache> tiers = new ArrayList<>();
  final ObjectReaders readers;
  private final Prefetcher prefetcher;

  /** Opens a stack of 128 KiB blocks and one memory cache. */
  ReadStack(long capacity, Map<String, String> prefetch) throws Exception {
    this(capacity, prefetch, List.of(128 * KIB));
  }

  /**
   * Opens a stack.
   *
   * @param capacity of the first cache; those below have as much
   * @param blockSizes of the caches, the first at the front
   */
  ReadStack(long capacity, Map<String, String> prefetch, List<Integer> blockSizes)
      throws Exception {
    this(capacity, blockSizes, memory -> openPrefetcher(prefetch, memory));
  }

  /** Opens a stack of 128 KiB blocks, one memory cache and a prefetcher of the test's own. */
  ReadStack(long capacity, Prefetcher prefetcher) throws Exception {
    this(capacity, List.of(128 * KIB), memory -> prefetcher);
  }

  /** Opens a prefetcher. */
  private interface PrefetcherOpener {
    Prefetcher open(MemoryBudget memory) throws Exception;
  }

  @SuppressWarnings("MustBeClosedChecker") // close closes them
  private ReadStack(long capacity, List<Integer> blockSizes, PrefetcherOpener opener)
      throws Exception {
    memory = new HardMemoryBudget(blockSizes.size() * capacity + 16 * MIB, 2 * MIB);
    for (int blockSize : blockSizes) {
      BlockCacheProvider caches = cacheProvider();
      Map<String, String> settings =
          Map.of("capacity", "" + capacity, "block-size", "" + blockSize);
      tiers.add(caches.open(TestContext.of(caches, settings, memory)));
    }
    prefetcher = opener.open(memory);
    Duration pause = Duration.ofMillis(1);
    Duration deadline = Duration.ofMillis(100);
    Transport transport =
        new RetryingTransport(
            new LimitedTransport(store, 40, 8),
            new RetryPolicy(pause, pause, pause, deadline, deadline, deadline, deadline));
    readers =
        new ObjectReaders(
            transport,
            tiers,
            prefetcher,
            memory,
            new ReadOptions(() -> 32, Duration.ofSeconds(2), 16 * KIB));
  }

  /** Returns the one plugin of its axis among the test's dependencies. */
  private static BlockCacheProvider cacheProvider() {
    return ServiceLoader.load(BlockCacheProvider.class).findFirst().orElseThrow();
  }

  @SuppressWarnings("MustBeClosedChecker") // the stack owns it
  private static Prefetcher openPrefetcher(Map<String, String> settings, MemoryBudget memory)
      throws Exception {
    PrefetcherProvider provider =
        ServiceLoader.load(PrefetcherProvider.class).findFirst().orElseThrow();
    return provider.open(TestContext.of(provider, settings, memory));
  }

  /** Opens an object of the store. */
  @MustBeClosed
  ReadSession open(ObjectId id, long size) {
    return readers.open(id, size);
  }

  /** Reads bytes and gives their blocks back. */
  static byte[] read(ReadSession session, long offset, int length) throws StorageException {
    try (ReadReply reply = new ReadReply()) {
      session.read(offset, length, reply);
      byte[] bytes = new byte[(int) reply.length()];
      int at = 0;
      for (int i = 0; i < reply.count(); i++) {
        MemorySegment segment = reply.segment(i);
        MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, 0, bytes, at, (int) segment.byteSize());
        at += (int) segment.byteSize();
      }
      return bytes;
    }
  }

  /** Reads and compares with what is stored. */
  void check(ReadSession session, long offset, int length) throws StorageException {
    byte[] bytes = read(session, offset, length);
    int expected = (int) Math.min(length, session.size() - offset);
    assertEquals(expected, bytes.length);
    // Much faster than the assertion, which is only for the message.
    if (!Arrays.equals(store.expect(session.id(), offset, expected), bytes)) {
      throw new AssertionError(length + " bytes from " + offset + " are not those of the object");
    }
  }

  /** Reads in order, in requests as the Linux kernel's. */
  void checkInOrder(ReadSession session, long start, long end, int request)
      throws StorageException {
    for (long at = start; at < end; at += request) {
      check(session, at, (int) Math.min(request, end - at));
    }
  }

  /** Reads in order, slower than read-ahead. */
  void checkUnhurried(ReadSession session, long start, long end) throws StorageException {
    for (long at = start; at < end; at += 128 * KIB) {
      check(session, at, (int) Math.min(128 * KIB, end - at));
      settle();
    }
  }

  /** Waits until no read-ahead is under way. */
  void settle() {
    await(() -> readers.stats().running() == 0);
  }

  static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "never happens");
      Thread.onSpinWait();
    }
  }

  /** Closes everything; nothing of the budget may be left over. */
  @Override
  public void close() {
    store.open();
    assertEquals(0, readers.openObjects(), "sessions left open");
    readers.close();
    prefetcher.close();
    tiers.forEach(BlockCache::close);
    store.close();
    assertEquals(0, memory.reserved(), "memory left over");
  }
}
