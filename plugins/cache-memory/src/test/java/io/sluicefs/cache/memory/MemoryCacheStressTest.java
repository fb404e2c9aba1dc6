// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.BlockLease;
import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.cache.CacheStats;
import io.sluicefs.spi.cache.ObjectBlocks;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.testkit.cache.PatternLoader;
import io.sluicefs.spi.testkit.cache.PatternObject;
import io.sluicefs.spi.transport.ReadProgress;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryCacheStressTest {
  private static final int BLOCK = 64 << 10;
  private static final int CAPACITY_BLOCKS = 24;
  private static final int THREADS = 12;
  private static final long NANOS = TimeUnit.SECONDS.toNanos(2);

  private final ConcurrentLinkedQueue<Throwable> problems = new ConcurrentLinkedQueue<>();
  private final LongAdder leases = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final AtomicBoolean stop = new AtomicBoolean();

  private final List<PatternLoader> loaders =
      List.of(
          loader("model-1", "a", 10 * BLOCK),
          loader("model-1", "b", 10 * BLOCK),
          loader("model-2", "a", 40 * BLOCK + 1234),
          loader("model-3", "a", 5));

  private static PatternLoader loader(String key, String etag, long size) {
    return new PatternLoader(new PatternObject(new ObjectId(key, etag), size), BLOCK);
  }

  @ParameterizedTest
  @ValueSource(strings = {"while-open", "lru", "5ms"})
  @Timeout(60)
  void noByteIsWrongAndNothingIsLostWhateverHappens(String retention) throws Exception {
    long seed = System.nanoTime();
    try (LeakCheckedMemory memory = new LeakCheckedMemory((CAPACITY_BLOCKS + 8L) * BLOCK)) {
      MemoryBlockCacheProvider provider = new MemoryBlockCacheProvider();
      Map<String, String> settings =
          Map.of(
              "block-size",
              "64KiB",
              "capacity",
              CAPACITY_BLOCKS * BLOCK + "b",
              "retention",
              retention);
      try (BlockCache cache = provider.open(TestContext.of(provider, settings, memory))) {
        List<Thread> threads = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < THREADS; i++) {
          SplittableRandom own = random.split();
          Runnable work =
              i == 0 ? () -> otherMemory(memory, own) : () -> guard(() -> user(cache, own));
          threads.add(
              i % 2 == 0
                  ? Thread.ofVirtual().unstarted(work)
                  : Thread.ofPlatform().unstarted(work));
        }
        threads.forEach(Thread::start);
        long end = System.nanoTime() + NANOS;
        while (System.nanoTime() < end && problems.isEmpty()) {
          threads.get(1 + random.nextInt(THREADS - 1)).interrupt();
          Thread.sleep(1);
        }
        stop.set(true);
        for (Thread thread : threads) {
          while (!thread.join(Duration.ofSeconds(20))) {
            AssertionError stuck = new AssertionError(thread + " is stuck, seed " + seed);
            stuck.setStackTrace(thread.getStackTrace());
            throw stuck;
          }
        }
        if (!problems.isEmpty()) {
          AssertionError all = new AssertionError("seed " + seed);
          problems.forEach(all::addSuppressed);
          throw all;
        }
        CacheStats stats = cache.stats();
        assertEquals(0, stats.pinnedBytes());
        assertTrue(stats.usedBytes() <= stats.capacityBytes(), stats::toString);
        if (retention.equals("while-open")) {
          assertEquals(0, stats.usedBytes());
        }
        assertTrue(leases.sum() > 0 && failures.sum() > 0, leases + " leases");
      }
      assertEquals(0, memory.reserved());
    }
    for (PatternLoader loader : loaders) {
      loader.verify();
    }
  }

  /** Takes memory away and gives it back, as a writer would. */
  private void otherMemory(LeakCheckedMemory memory, SplittableRandom random) {
    guard(
        () -> {
          try (var _ = memory.reserve(random.nextLong(1, 20) * BLOCK, MemoryBudget.Use.READ)) {
            Thread.sleep(1);
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
          LockSupport.parkNanos(5_000_000);
        });
  }

  private void guard(Runnable step) {
    while (!stop.get()) {
      try {
        step.run();
      } catch (RuntimeException | Error e) {
        problems.add(e);
        return;
      }
    }
  }

  private void user(BlockCache cache, SplittableRandom random) {
    PatternLoader loader = loaders.get(random.nextInt(loaders.size()));
    PatternObject object = loader.object();
    BlockLoader unreliable =
        (range, target, progress) -> {
          int dice = new SplittableRandom(System.nanoTime()).nextInt(20);
          if (dice == 0) {
            throw new StorageException(Kind.SERVER_ERROR, "on purpose");
          }
          if (dice == 1) {
            loader.fail(range.start() + BLOCK, Kind.TIMEOUT);
          }
          loader.load(range, target, progress);
        };
    int blocks = (int) ((object.size() + BLOCK - 1) / BLOCK);
    try (ObjectBlocks attached = cache.attach(object.id(), object.size(), unreliable)) {
      for (int i = random.nextInt(30); i > 0; i--) {
        int index = random.nextInt(blocks);
        try {
          switch (random.nextInt(4)) {
            case 0 -> attached.prefetch(index, 1 + random.nextInt(20));
            case 1 -> {
              try (BlockLease lease = attached.get(index)) {
                check(object, index, lease);
              }
            }
            case 2 -> {
              try (BlockLease lease = attached.acquire(index, 1 + random.nextInt(4))) {
                check(object, index, lease);
              }
            }
            default -> {
              ByteBuffer copy =
                  ByteBuffer.allocateDirect(
                      1 + random.nextInt((int) Math.min(3 * BLOCK, object.size())));
              long from = random.nextLong(object.size() - copy.remaining() + 1);
              attached.load(
                  ByteRange.of(from, copy.remaining()), new ByteBuffer[] {copy}, ReadProgress.NONE);
              object.check(from, MemorySegment.ofBuffer(copy.flip()));
            }
          }
        } catch (StorageException e) {
          failures.increment();
          if (e.kind() == Kind.CANCELLED && !Thread.interrupted()) {
            throw new AssertionError("cancelled without an interrupt", e);
          }
        }
      }
    }
  }

  private void check(PatternObject object, int index, @Nullable BlockLease lease) {
    if (lease != null) {
      leases.increment();
      assertEquals(
          Math.min(BLOCK, object.size() - (long) index * BLOCK), lease.segment().byteSize());
      object.check((long) index * BLOCK, lease.segment());
    }
  }
}
