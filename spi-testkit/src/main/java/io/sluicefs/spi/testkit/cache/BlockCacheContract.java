// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.Axis;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.BlockCacheProvider;
import io.sluicefs.spi.cache.BlockLease;
import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.cache.CacheStats;
import io.sluicefs.spi.cache.ObjectBlocks;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.transport.ReadProgress;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every block cache must do. Extend it, say how to open the cache, and every promise of {@link
 * BlockCache} and {@link ObjectBlocks} is tested, under checks that nothing leaks. A failure of a
 * random test names its seed, and {@code -Dsluice.seed=…} repeats it. Every cache is opened for a
 * bucket of its own, so one that keeps blocks elsewhere than in memory may keep all of them in one
 * place.
 */
@Timeout(120)
public abstract class BlockCacheContract {
  private static final int LOOKS = 20;
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final String KEY = "models/model-00001-of-00002.safetensors";

  private final long seed = Long.getLong("sluice.seed", System.nanoTime());

  @SuppressWarnings("NullAway.Init") // set before each test
  private LeakCheckedMemory memory;

  @SuppressWarnings("NullAway.Init") // set before each test
  private LeakCheckedCache cache;

  private final List<PatternLoader> loaders = new ArrayList<>();
  private int blockSize;
  private int capacity;

  /** Creates a suite. */
  protected BlockCacheContract() {}

  /** Returns the provider under test. */
  protected abstract BlockCacheProvider provider();

  /** Returns settings with small blocks and a capacity of 16 to 256 of them. */
  protected abstract Map<String, String> settings() throws Exception;

  /** Returns the bytes of the memory budget; more than the capacity. */
  protected long memoryLimit() {
    return 64L << 20;
  }

  /** Opens a cache in which nothing can be, whatever tests before left where it keeps blocks. */
  @MustBeClosed
  private BlockCache open() throws Exception {
    return provider().open(TestContext.of(provider(), settings(), memory).ofOtherBucket());
  }

  @BeforeEach
  @SuppressWarnings("MustBeClosedChecker") // closed after each test
  void openCache() throws Exception {
    memory = new LeakCheckedMemory(memoryLimit());
    cache = new LeakCheckedCache(open());
    blockSize = cache.blockSize();
    capacity = (int) (cache.stats().capacityBytes() / blockSize);
    assertTrue(capacity >= 16 && capacity <= 256, () -> capacity + " blocks of capacity");
  }

  @AfterEach
  void nothingIsLeftOpenOrReserved() {
    cache.close();
    cache.close();
    memory.close();
    loaders.forEach(PatternLoader::verify);
  }

  @Test
  void describesItselfAsACache() {
    assertEquals(Axis.CACHE, provider().descriptor().axis());
    assertEquals(provider().descriptor(), provider().descriptor());
  }

  @Test
  void blocksAreOfOneSizeAPowerOfTwo() {
    assertEquals(1, Integer.bitCount(blockSize));
    assertEquals(blockSize, cache.blockSize());
  }

  @Test
  void aBlockHasTheBytesOfTheObjectAndTheLastOneIsShorter() throws Exception {
    PatternLoader loader = loader(2L * blockSize + 77);
    try (ObjectBlocks blocks = attach(loader)) {
      for (int index : new int[] {2, 0, 1}) {
        try (BlockLease lease = blocks.acquire(index, 1)) {
          assertEquals(index == 2 ? 77 : blockSize, lease.segment().byteSize());
          assertTrue(lease.segment().isNative() && lease.segment().isReadOnly());
          loader.object().check((long) index * blockSize, lease.segment());
        }
      }
    }
  }

  @Test
  void aLeaseIsReadableFromAnyThread() throws Exception {
    PatternLoader loader = loader(blockSize);
    try (ObjectBlocks blocks = attach(loader);
        BlockLease lease = blocks.acquire(0, 1)) {
      check(loader, 0, lease);
      result(start(() -> check(loader, 0, lease)));
    }
  }

  @Test
  void aBlockThatIsThereIsNotLoadedAgain() throws Exception {
    PatternLoader loader = loader(4L * blockSize);
    try (ObjectBlocks blocks = attach(loader)) {
      acquire(loader, blocks, 1);
      acquire(loader, blocks, 1);
      assertTrue(get(loader, blocks, 1));
    }
    assertEquals(blockSize, loader.bytes());
  }

  @Test
  void getNeverLoads() throws Exception {
    PatternLoader loader = loader(blockSize);
    try (ObjectBlocks blocks = attach(loader)) {
      assertFalse(get(loader, blocks, 0));
    }
    assertEquals(0, loader.bytes());
  }

  @Test
  void getDoesNotWaitForALoadUnderWay() throws Exception {
    PatternLoader loader = loader(blockSize);
    try (ObjectBlocks blocks = attach(loader);
        PatternLoader.Hold hold = loader.hold(0)) {
      FutureTask<?> load = start(() -> acquire(loader, blocks, 0));
      hold.awaitReached();
      assertFalse(get(loader, blocks, 0));
      hold.release();
      result(load);
    }
  }

  @Test
  void blocksOutsideTheObjectAreRefused() {
    PatternLoader loader = loader(blockSize + 1L);
    try (ObjectBlocks blocks = attach(loader)) {
      assertThrows(IndexOutOfBoundsException.class, () -> acquire(loader, blocks, 2));
      assertThrows(IndexOutOfBoundsException.class, () -> acquire(loader, blocks, -1));
    }
  }

  @Test
  void aCountBeyondTheEndOfTheObjectStopsThere() throws Exception {
    PatternLoader loader = loader(3L * blockSize + 5);
    try (ObjectBlocks blocks = attach(loader)) {
      assertEquals(2, blocks.prefetch(2, 10));
      try (BlockLease lease = blocks.acquire(1, 10)) {
        check(loader, 1, lease);
      }
    }
    assertEquals(2L * blockSize + 5, loader.bytes());
  }

  @Test
  void attachmentsOfOneVersionShareItsBlocks() throws Exception {
    PatternLoader loader = loader(4L * blockSize);
    ObjectBlocks first = attachUnmanaged(loader);
    try (ObjectBlocks second = attach(loader)) {
      acquire(loader, first, 0);
      assertTrue(get(loader, second, 0));
      first.close();
      assertTrue(get(loader, second, 0));
      acquire(loader, second, 1);
    }
    assertEquals(2L * blockSize, loader.bytes());
  }

  @Test
  void versionsOfOneKeyNeverMix() throws Exception {
    PatternLoader old = loader(new ObjectId(KEY, "old"), 2L * blockSize);
    PatternLoader young = loader(new ObjectId(KEY, "young"), 3L * blockSize);
    try (ObjectBlocks oldBlocks = attach(old);
        ObjectBlocks youngBlocks = attach(young)) {
      acquire(old, oldBlocks, 0);
      assertFalse(get(young, youngBlocks, 0));
      acquire(young, youngBlocks, 0);
      acquire(old, oldBlocks, 0);
      acquire(young, youngBlocks, 2);
    }
    assertEquals(blockSize, old.bytes());
    assertEquals(2L * blockSize, young.bytes());
  }

  @Test
  void oneLoadServesAllWhoAsk() throws Exception {
    PatternLoader loader = loader(blockSize);
    List<FutureTask<?>> readers = new ArrayList<>();
    try (ObjectBlocks blocks = attach(loader);
        ObjectBlocks others = attach(loader);
        PatternLoader.Hold hold = loader.hold(0)) {
      for (int i = 0; i < 8; i++) {
        ObjectBlocks either = i % 2 == 0 ? blocks : others;
        readers.add(start(() -> acquire(loader, either, 0)));
      }
      hold.awaitReached();
      hold.release();
      for (FutureTask<?> reader : readers) {
        result(reader);
      }
    }
    assertEquals(1, loader.ranges().size());
    assertEquals(8, cache.stats().hits() + cache.stats().misses());
    assertEquals(1, cache.stats().misses());
  }

  @Test
  void aReaderLeavesWhenItsBlockIsAnnouncedAndNotLater() throws Exception {
    PatternLoader loader = loader(4L * blockSize);
    try (ObjectBlocks blocks = attach(loader);
        PatternLoader.Hold hold = loader.hold(2L * blockSize + 1)) {
      FutureTask<Integer> ahead = start(() -> blocks.prefetch(0, 4));
      hold.awaitReached();
      acquire(loader, blocks, 0);
      assertTrue(get(loader, blocks, 1));
      assertFalse(get(loader, blocks, 2));
      FutureTask<?> waiting = start(() -> acquire(loader, blocks, 3));
      assertFalse(ahead.isDone() || waiting.isDone());
      hold.release();
      assertEquals(4, result(ahead));
      result(waiting);
    }
    assertEquals(List.of(new ByteRange(0, 4L * blockSize)), loader.ranges());
  }

  @Test
  void readAheadLoadsWhatIsMissingEachRunInOneRequest() throws Exception {
    PatternLoader loader = loader(10L * blockSize);
    try (ObjectBlocks blocks = attach(loader)) {
      acquire(loader, blocks, 3);
      assertEquals(8, blocks.prefetch(0, 8));
      assertEquals(8, blocks.prefetch(0, 8));
      for (int index = 0; index < 8; index++) {
        assertTrue(get(loader, blocks, index));
      }
      assertFalse(get(loader, blocks, 8));
    }
    assertEquals(List.of(range(3, 4), range(0, 3), range(4, 8)), loader.ranges());
  }

  @Test
  void readAheadLeavesToOthersWhatTheyLoad() throws Exception {
    PatternLoader loader = loader(4L * blockSize);
    try (ObjectBlocks blocks = attach(loader);
        PatternLoader.Hold hold = loader.hold(0)) {
      FutureTask<?> reader = start(() -> acquire(loader, blocks, 0));
      hold.awaitReached();
      assertEquals(2, blocks.prefetch(0, 2));
      assertTrue(get(loader, blocks, 1));
      hold.release();
      result(reader);
    }
    assertEquals(2L * blockSize, loader.bytes());
  }

  @Test
  void aReadMayBringTheNextBlocksAndNothingElse() throws Exception {
    PatternLoader loader = loader(8L * blockSize);
    try (ObjectBlocks blocks = attach(loader)) {
      try (BlockLease lease = blocks.acquire(2, 4)) {
        check(loader, 2, lease);
      }
      for (int index = 2; index < 6; index++) {
        acquire(loader, blocks, index);
      }
    }
    assertEquals(4L * blockSize, loader.bytes());
  }

  @Test
  void aFailureReachesAllWhoWaitAndIsForgottenThen() throws Exception {
    PatternLoader loader = loader(4L * blockSize);
    try (ObjectBlocks blocks = attach(loader);
        PatternLoader.Hold hold = loader.hold(2L * blockSize)) {
      loader.fail(2L * blockSize, Kind.PRECONDITION_FAILED);
      FutureTask<?> ahead = start(() -> blocks.prefetch(0, 4));
      hold.awaitReached();
      FutureTask<?> second = start(() -> acquire(loader, blocks, 2));
      FutureTask<?> third = start(() -> acquire(loader, blocks, 3));
      awaitBlocked(second);
      awaitBlocked(third);
      hold.release();
      for (FutureTask<?> failed : List.of(ahead, second, third)) {
        assertEquals(Kind.PRECONDITION_FAILED, failure(failed).kind());
      }
      assertTrue(get(loader, blocks, 0) && get(loader, blocks, 1));
      assertFalse(get(loader, blocks, 2) || get(loader, blocks, 3));
      acquire(loader, blocks, 3);
    }
  }

  @Test
  void aReadSucceedsWhenOnlyTheBlocksAfterItFail() throws Exception {
    PatternLoader loader = loader(4L * blockSize);
    loader.fail(blockSize, Kind.TIMEOUT);
    try (ObjectBlocks blocks = attach(loader);
        BlockLease lease = blocks.acquire(0, 4)) {
      check(loader, 0, lease);
      for (int index = 1; index < 4; index++) {
        try {
          acquire(loader, blocks, index);
        } catch (StorageException e) {
          assertEquals(Kind.TIMEOUT, e.kind());
        }
      }
    }
  }

  @Test
  void aCancelledLoadIsTakenOverByAReaderThatStillWants() throws Exception {
    PatternLoader loader = loader(2L * blockSize);
    try (ObjectBlocks blocks = attach(loader);
        PatternLoader.Hold hold = loader.hold(blockSize + 1L)) {
      Reading<Integer> ahead = reading(() -> blocks.prefetch(0, 2));
      hold.awaitReached();
      FutureTask<?> reader = start(() -> acquire(loader, blocks, 1));
      awaitBlocked(reader);
      ahead.thread.interrupt();
      assertEquals(Kind.CANCELLED, failure(ahead).kind());
      result(reader);
      assertTrue(get(loader, blocks, 0));
    }
  }

  @Test
  void anInterruptedReaderLeavesWithoutHarmToTheLoad() throws Exception {
    PatternLoader loader = loader(blockSize);
    try (ObjectBlocks blocks = attach(loader);
        PatternLoader.Hold hold = loader.hold(1)) {
      FutureTask<?> first = start(() -> acquire(loader, blocks, 0));
      hold.awaitReached();
      Reading<Boolean> second =
          reading(
              () -> {
                StorageException left =
                    assertThrows(StorageException.class, () -> acquire(loader, blocks, 0));
                assertEquals(Kind.CANCELLED, left.kind());
                return Thread.interrupted();
              });
      awaitBlocked(second);
      second.thread.interrupt();
      assertTrue(result(second), "the interrupt status is kept");
      hold.release();
      result(first);
    }
    assertEquals(1, loader.ranges().size());
  }

  @Test
  void aLoaderThatBreaksHarmsOnlyItsLoad() throws Exception {
    PatternLoader loader = loader(blockSize);
    PatternObject object = loader.object();
    BlockLoader broken =
        (range, target, progress) -> {
          throw new IllegalStateException("broken on purpose");
        };
    try (ObjectBlocks blocks = cache.attach(object.id(), object.size(), broken);
        ObjectBlocks good = attach(loader)) {
      assertThrows(Exception.class, () -> acquire(loader, blocks, 0));
      acquire(loader, good, 0);
    }
  }

  @Test
  void whatTheLoaderDidNotAnnounceIsNotHandedOut() throws Exception {
    PatternLoader loader = loader(2L * blockSize);
    PatternObject object = loader.object();
    BlockLoader silent =
        (range, target, progress) ->
            loader.load(range, target, bytes -> progress.filled(bytes / 2));
    try (ObjectBlocks blocks = cache.attach(object.id(), object.size(), silent)) {
      StorageException refused =
          assertThrows(StorageException.class, () -> acquire(loader, blocks, 1));
      assertEquals(Kind.CORRUPT, refused.kind());
      assertFalse(get(loader, blocks, 1));
    }
  }

  @Test
  void whatWasDiscardedIsLoadedAnew() throws Exception {
    PatternLoader before = loader(4L * blockSize);
    try (ObjectBlocks blocks = attach(before);
        BlockLease lease = blocks.acquire(0, 1)) {
      acquire(before, blocks, 1);
      assertEquals(4, blocks.prefetch(0, 4));
      cache.discard(before.object().id(), before.object().size());

      PatternLoader after = loader(4L * blockSize);
      try (ObjectBlocks anew = attach(after)) {
        assertFalse(get(after, anew, 0));
        assertEquals(4, anew.prefetch(0, 4));
        acquire(after, anew, 0);
        assertTrue(after.bytes() >= 4L * blockSize, () -> after.ranges().toString());
      }
      check(before, 0, lease);
    }
  }

  @Test
  void whatIsBeingLoadedWhenItIsDiscardedIsNotFoundLater() throws Exception {
    PatternLoader before = loader(4L * blockSize);
    try (ObjectBlocks blocks = attach(before);
        PatternLoader.Hold hold = before.hold(blockSize)) {
      FutureTask<?> reader = start(() -> acquire(before, blocks, 1));
      hold.awaitReached();
      cache.discard(before.object().id(), before.object().size());
      PatternLoader after = loader(4L * blockSize);
      try (ObjectBlocks anew = attach(after)) {
        assertFalse(get(after, anew, 1));
        hold.release();
        result(reader);
        assertFalse(get(after, anew, 1));
        acquire(after, anew, 1);
        assertTrue(after.bytes() >= blockSize);
      }
    }
  }

  @Test
  void theCapacityIsHardAndTheBytesStayRight() throws Exception {
    PatternLoader loader = loader(3L * capacity * blockSize);
    try (ObjectBlocks blocks = attach(loader)) {
      for (int index = 0; index < 3 * capacity; index++) {
        acquire(loader, blocks, index);
        CacheStats stats = cache.stats();
        assertTrue(stats.usedBytes() <= stats.capacityBytes(), stats::toString);
      }
    }
    assertEquals(3L * capacity * blockSize, cache.stats().loadedBytes());
    assertTrue(cache.stats().evictedBytes() >= 2L * capacity * blockSize);
    assertEquals(0, cache.stats().unreadBytes());
  }

  @Test
  void aLeasedBlockIsNeverEvicted() throws Exception {
    PatternLoader loader = loader(3L * capacity * blockSize);
    try (ObjectBlocks blocks = attach(loader);
        BlockLease lease = blocks.acquire(0, 1)) {
      for (int index = 1; index < 3 * capacity; index++) {
        acquire(loader, blocks, index);
      }
      assertEquals(blockSize, cache.stats().pinnedBytes());
      check(loader, 0, lease);
      assertTrue(get(loader, blocks, 0));
    }
    assertEquals(0, cache.stats().pinnedBytes());
    assertEquals(3L * capacity * blockSize, loader.bytes());
  }

  @Test
  @SuppressWarnings("MustBeClosedChecker") // closed in a loop
  void aReadWaitsForMemoryThatReadAheadDoesNotGet() throws Exception {
    PatternLoader loader = loader((capacity + 2L) * blockSize);
    try (ObjectBlocks blocks = attach(loader)) {
      List<BlockLease> leases = new ArrayList<>();
      for (int index = 0; index < capacity; index++) {
        leases.add(blocks.acquire(index, 1));
      }
      assertEquals(cache.stats().capacityBytes(), cache.stats().pinnedBytes());
      assertEquals(0, blocks.prefetch(capacity, 2));
      FutureTask<?> reader = start(() -> acquire(loader, blocks, capacity));
      awaitBlocked(reader);
      leases.removeLast().close();
      result(reader);
      leases.forEach(BlockLease::close);
    }
  }

  @Test
  @SuppressWarnings("MustBeClosedChecker") // closed in a loop
  void aReadThatWaitsForMemoryCanBeInterrupted() throws Exception {
    PatternLoader loader = loader((capacity + 1L) * blockSize);
    try (ObjectBlocks blocks = attach(loader)) {
      List<BlockLease> leases = new ArrayList<>();
      for (int index = 0; index < capacity; index++) {
        leases.add(blocks.acquire(index, 1));
      }
      Reading<?> reader = reading(() -> acquire(loader, blocks, capacity));
      awaitBlocked(reader);
      reader.thread.interrupt();
      assertEquals(Kind.CANCELLED, failure(reader).kind());
      leases.forEach(BlockLease::close);
    }
  }

  @Test
  void readAheadDoesNotEvictReadAhead() throws Exception {
    PatternLoader loader = loader(2L * capacity * blockSize);
    try (ObjectBlocks blocks = attach(loader)) {
      int first = blocks.prefetch(0, 2 * capacity);
      assertTrue(first > 0 && first <= capacity, () -> first + " blocks ahead");
      assertTrue(blocks.prefetch(capacity, capacity) <= capacity - first);
      for (int index = 0; index < first; index++) {
        assertTrue(get(loader, blocks, index));
      }
    }
  }

  @Test
  void readAheadTakesTheMemoryOfBlocksThatWereRead() throws Exception {
    PatternLoader loader = loader(2L * capacity * blockSize);
    try (ObjectBlocks blocks = attach(loader)) {
      for (int index = 0; index < capacity; index++) {
        acquire(loader, blocks, index);
      }
      assertTrue(blocks.prefetch(capacity, capacity / 2) > 0);
    }
  }

  @Test
  void aReadGetsMemoryThoughAllOfItIsReadAhead() throws Exception {
    PatternLoader loader = loader(2L * capacity * blockSize);
    try (ObjectBlocks blocks = attach(loader)) {
      assertTrue(blocks.prefetch(0, capacity) > 0);
      acquire(loader, blocks, 2 * capacity - 1);
    }
  }

  @Test
  void aLoadCopiesAnyRangeIntoAnyBuffers() throws Exception {
    Random random = new Random(seed);
    PatternLoader loader = loader(4L * blockSize + 99);
    PatternObject object = loader.object();
    try (ObjectBlocks blocks = attach(loader)) {
      for (int round = 0; round < 50; round++) {
        long start = random.nextLong(object.size());
        ByteRange range = new ByteRange(start, random.nextLong(start + 1, object.size() + 1));
        int half = random.nextInt((int) range.length() + 1);
        ByteBuffer first = ByteBuffer.allocateDirect(half);
        ByteBuffer second = ByteBuffer.allocateDirect((int) range.length() - half + 3).position(3);
        List<Long> progress = new ArrayList<>();
        blocks.load(range, new ByteBuffer[] {first, second}, progress::add);
        assertFalse(first.hasRemaining() || second.hasRemaining());
        object.check(start, MemorySegment.ofBuffer(first.flip()));
        object.check(start + half, MemorySegment.ofBuffer(second.flip().position(3)));
        assertEquals(range.length(), progress.getLast());
        assertEquals(progress.stream().sorted().distinct().toList(), progress);
      }
      blocks.load(
          new ByteRange(0, object.size()),
          new ByteBuffer[] {ByteBuffer.allocateDirect((int) object.size())},
          ReadProgress.NONE);
    }
    assertEquals(object.size(), loader.bytes(), () -> "seed " + seed);
  }

  @Test
  @SuppressWarnings("MustBeClosedChecker") // the leak checker closes what it takes over
  void aCacheCanStandAboveACache() throws Exception {
    PatternLoader loader = loader(4L * blockSize + 1);
    PatternObject object = loader.object();
    try (BlockCache below = new LeakCheckedCache(open());
        ObjectBlocks lower = below.attach(object.id(), object.size(), loader);
        ObjectBlocks blocks = cache.attach(object.id(), object.size(), lower)) {
      assertEquals(3, blocks.prefetch(0, 3));
      for (int index = 0; index < 5; index++) {
        acquire(loader, blocks, index);
      }
    }
    assertEquals(object.size(), loader.bytes());
  }

  @Test
  void aLeaseOutlivesItsAttachment() throws Exception {
    PatternLoader loader = loader(2L * capacity * blockSize);
    ObjectBlocks blocks = attachUnmanaged(loader);
    try (BlockLease lease = blocks.acquire(0, 1)) {
      blocks.close();
      blocks.close();
      try (ObjectBlocks again = attach(loader)) {
        for (int index = 1; index < 2 * capacity; index++) {
          acquire(loader, again, index);
        }
      }
      check(loader, 0, lease);
    }
    assertEquals(0, cache.stats().pinnedBytes());
  }

  @Test
  @SuppressWarnings("MustBeClosedChecker") // the order of closing is what is tested
  void aLeaseOutlivesTheCache() throws Exception {
    PatternLoader loader = loader(blockSize);
    PatternObject object = loader.object();
    BlockCache unchecked = open();
    ObjectBlocks blocks = unchecked.attach(object.id(), object.size(), loader);
    BlockLease lease = blocks.acquire(0, 1);
    unchecked.close();
    check(loader, 0, lease);
    lease.close();
    blocks.close();
  }

  @Test
  void aLoadOutlivesItsAttachment() throws Exception {
    PatternLoader loader = loader(2L * blockSize);
    ObjectBlocks blocks = attachUnmanaged(loader);
    try (PatternLoader.Hold hold = loader.hold(blockSize)) {
      FutureTask<Integer> ahead = start(() -> blocks.prefetch(0, 2));
      hold.awaitReached();
      blocks.close();
      try (ObjectBlocks again = attach(loader)) {
        FutureTask<?> reader = start(() -> acquire(loader, again, 1));
        awaitBlocked(reader);
        hold.release();
        assertEquals(2, result(ahead));
        result(reader);
      }
    }
    assertEquals(1, loader.ranges().size(), "the load under way was joined");
  }

  @Test
  void requestsAndBytesAreCounted() throws Exception {
    PatternLoader loader = loader(4L * blockSize);
    try (ObjectBlocks blocks = attach(loader)) {
      acquire(loader, blocks, 0);
      acquire(loader, blocks, 0);
      assertEquals(2, blocks.prefetch(1, 2));
      assertTrue(get(loader, blocks, 1));
      assertFalse(get(loader, blocks, 3));
      CacheStats stats = cache.stats();
      assertEquals(2, stats.hits());
      assertEquals(1, stats.misses());
      assertEquals(3L * blockSize, stats.loadedBytes());
      assertEquals(3L * blockSize, stats.usedBytes());
      assertEquals(0, stats.evictedBytes());
    }
  }

  @Test
  void readersAtDifferentPlacesOfMoreThanTheCapacityGetTheRightBytes() throws Exception {
    PatternLoader loader = loader(2L * capacity * blockSize + 13);
    List<FutureTask<?>> readers = new ArrayList<>();
    try (ObjectBlocks anchor = attach(loader)) {
      assertNotNull(anchor);
      for (int reader = 0; reader < 6; reader++) {
        Random random = new Random(seed + reader);
        readers.add(
            start(
                () -> {
                  try (ObjectBlocks blocks = attach(loader)) {
                    for (int step = 0; step < 100; step++) {
                      int index = random.nextInt(2 * capacity + 1);
                      if (random.nextInt(4) == 0) {
                        blocks.prefetch(index, 1 + random.nextInt(capacity));
                      }
                      try (BlockLease lease = blocks.acquire(index, 1 + random.nextInt(3))) {
                        check(loader, index, lease);
                      }
                    }
                  }
                  return true;
                }));
      }
      for (FutureTask<?> reader : readers) {
        result(reader);
      }
    }
    assertEquals(0, cache.stats().pinnedBytes(), () -> "seed " + seed);
  }

  private ByteRange range(int from, int to) {
    return new ByteRange((long) from * blockSize, (long) to * blockSize);
  }

  private PatternLoader loader(long size) {
    return loader(new ObjectId(KEY, "1"), size);
  }

  private PatternLoader loader(ObjectId id, long size) {
    PatternLoader loader = new PatternLoader(new PatternObject(id, size), blockSize);
    loaders.add(loader);
    return loader;
  }

  @MustBeClosed
  private ObjectBlocks attach(PatternLoader loader) {
    return cache.attach(loader.object().id(), loader.object().size(), loader);
  }

  @SuppressWarnings("MustBeClosedChecker") // for tests about when it is closed
  private ObjectBlocks attachUnmanaged(PatternLoader loader) {
    return attach(loader);
  }

  private boolean acquire(PatternLoader loader, ObjectBlocks blocks, int index)
      throws StorageException {
    try (BlockLease lease = blocks.acquire(index, 1)) {
      return check(loader, index, lease);
    }
  }

  private boolean get(PatternLoader loader, ObjectBlocks blocks, int index) {
    try (BlockLease lease = blocks.get(index)) {
      return lease != null && check(loader, index, lease);
    }
  }

  private boolean check(PatternLoader loader, long index, BlockLease lease) {
    long start = index * blockSize;
    assertEquals(Math.min(blockSize, loader.object().size() - start), lease.segment().byteSize());
    loader.object().check(start, lease.segment());
    return true;
  }

  private static <T> FutureTask<T> start(Callable<T> step) {
    return reading(step);
  }

  private static <T> Reading<T> reading(Callable<T> step) {
    Reading<T> reading = new Reading<>(step);
    reading.thread.start();
    return reading;
  }

  private static <T> T result(FutureTask<T> task) throws Exception {
    return task.get(60, TimeUnit.SECONDS);
  }

  private static StorageException failure(FutureTask<?> task) {
    ExecutionException failed =
        assertThrows(ExecutionException.class, () -> task.get(60, TimeUnit.SECONDS));
    return assertInstanceOf(StorageException.class, failed.getCause());
  }

  /**
   * Waits until the thread of a task waits for something, and longer than locks are held.
   *
   * <p>It is looked at from time to time and not without a break: a cache may wake up now and then
   * to see whether there is memory, and is not less blocked for that.
   */
  private static void awaitBlocked(FutureTask<?> task) {
    Thread thread = ((Reading<?>) task).thread;
    int waiting = 0;
    while (waiting < LOOKS) {
      assertFalse(task.isDone(), "did not wait");
      Thread.State state = thread.getState();
      boolean waits = state == Thread.State.WAITING || state == Thread.State.TIMED_WAITING;
      waiting = waits ? waiting + 1 : 0;
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  /** A step in a thread of its own. */
  private static final class Reading<T> extends FutureTask<T> {
    private final Thread thread;

    Reading(Callable<T> step) {
      super(step);
      this.thread = Thread.ofPlatform().daemon().unstarted(this);
    }
  }
}
