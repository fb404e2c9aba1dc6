// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.prefetch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.Axis;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.prefetch.PrefetchLimits;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.PrefetcherProvider;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.prefetch.ReadAheadWindow;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every prefetcher must do. A failure of a random test names its seed, and {@code
 * -Dsluice.seed=…} repeats it.
 */
public abstract class PrefetcherContract {
  private static final long MIB = 1 << 20;
  private static final ObjectId ID = new ObjectId("model.safetensors", "1");

  private final long seed = Long.getLong("sluice.seed", System.nanoTime());
  private final LeakCheckedMemory memory = new LeakCheckedMemory(64 * MIB);
  private Prefetcher prefetcher;

  /** For suites of a prefetcher. */
  @SuppressWarnings("NullAway.Init") // set before each test
  protected PrefetcherContract() {}

  /** Returns the provider under test. */
  protected abstract PrefetcherProvider provider();

  /** Returns settings to test with; none by default. */
  protected Map<String, String> settings() {
    return Map.of();
  }

  @BeforeEach
  @SuppressWarnings("MustBeClosedChecker") // closed after each test
  void openPrefetcher() throws Exception {
    prefetcher = provider().open(TestContext.of(provider(), settings(), memory));
  }

  @AfterEach
  void closePrefetcher() {
    prefetcher.close();
    prefetcher.close();
    memory.close();
  }

  @Test
  void describesItselfAsAPrefetcher() {
    assertEquals(Axis.PREFETCH, provider().descriptor().axis());
    assertEquals(provider().descriptor(), provider().descriptor());
  }

  @Test
  void limitsStayTheSame() {
    assertEquals(prefetcher.limits(), prefetcher.limits());
  }

  @Test
  void windowsAreWithinTheObjectAndTheBudgetAndDoNotOverlap() {
    Random random = new Random(seed);
    for (int round = 0; round < 50; round++) {
      long size = 1 + random.nextLong(random.nextBoolean() ? 300 * MIB : 300);
      ReadAhead handle = prefetcher.open(ID, size);
      long at = 0;
      for (int i = 0; i < 100; i++) {
        if (at >= size || random.nextInt(10) == 0) {
          at = random.nextLong(size);
        }
        ByteRange read = new ByteRange(at, Math.min(size, at + 1 + random.nextLong(2 * MIB)));
        long budget = random.nextBoolean() ? Long.MAX_VALUE : random.nextLong(64 * MIB);
        check(handle.next(read, budget), read, size, budget);
        at = read.end();
      }
    }
  }

  @Test
  void withoutBudgetNothingIsPlanned() {
    ReadAhead handle = prefetcher.open(ID, 100 * MIB);
    for (long at = 0; at < 100 * MIB; at += MIB) {
      assertEquals(0, beyond(handle.next(ByteRange.of(at, MIB), 0), at + MIB));
    }
  }

  @Test
  void whatIsReadInOrderIsPlannedBeforeUpToTheLastByte() {
    PrefetchLimits limits = prefetcher.limits();
    long size = 8 * limits.chunkSize() + 4097;
    ReadAhead handle = prefetcher.open(ID, size);
    BitSet planned = new BitSet();
    long unplanned = 0;
    for (long at = 0; at < size; at += 128 << 10) {
      ByteRange read = new ByteRange(at, Math.min(size, at + (128 << 10)));
      if (!planned.get((int) (at >> 12))) {
        unplanned += read.length();
      }
      for (ByteRange range : handle.next(read, Long.MAX_VALUE).ranges()) {
        planned.set((int) (range.start() >> 12), (int) ((range.end() + 4095) >> 12));
      }
    }
    assertTrue(
        unplanned <= size / 4, unplanned + " of " + size + " bytes were read before planned");
    assertTrue(planned.get((int) ((size - 1) >> 12)), "the last, partial chunk was never planned");
  }

  @Test
  void readersInOrderAreAllocatedFewWindows() {
    long size = 16 * prefetcher.limits().chunkSize();
    ReadAhead handle = prefetcher.open(ID, size);
    ReadAheadWindow before = handle.next(new ByteRange(0, 4096), Long.MAX_VALUE);
    int changes = 0;
    int reads = 0;
    for (long at = 4096; at < size; at += 4096) {
      ReadAheadWindow window = handle.next(ByteRange.of(at, 4096), Long.MAX_VALUE);
      reads++;
      if (!isSame(window, before)) {
        changes++;
      }
      before = window;
    }
    assertTrue(changes <= 200, changes + " windows for " + reads + " reads of 16 chunks");
  }

  @Test
  void randomReadsPlanNothingToSpeakOf() {
    Random random = new Random(seed);
    long size = 100L << 30;
    ReadAhead handle = prefetcher.open(ID, size);
    for (int i = 0; i < 200; i++) {
      ByteRange read = ByteRange.of(4096 * random.nextLong(1, size / 4096), 4096);
      assertEquals(
          0,
          beyond(handle.next(read, Long.MAX_VALUE), 0),
          () -> "planned after random reads, -Dsluice.seed=" + seed);
    }
  }

  @Test
  void plansDependOnTheReadsOfTheirHandleAlone() {
    Random random = new Random(seed);
    long size = 64 * MIB;
    ReadAhead one = prefetcher.open(ID, size);
    ReadAhead disturbed = prefetcher.open(ID, size);
    ReadAhead other = prefetcher.open(ID, size);
    for (long at = 0; at < size; at += 256 << 10) {
      ByteRange read = ByteRange.of(at, 256 << 10);
      ByteRange stray = ByteRange.of(4096 * random.nextLong(size / 4096), 4096);
      List<ByteRange> ranges = one.next(read, 32 * MIB).ranges();
      other.next(stray, 32 * MIB);
      assertEquals(ranges, disturbed.next(read, 32 * MIB).ranges(), "the same reads, other plans");
    }
  }

  @SuppressWarnings("ReferenceEquality") // the contract is about the same object
  private static boolean isSame(ReadAheadWindow one, ReadAheadWindow other) {
    return one == other;
  }

  private void check(ReadAheadWindow window, ByteRange read, long size, long budget) {
    String what = window + " after " + read + " of " + size + ", -Dsluice.seed=" + seed;
    List<ByteRange> ranges = window.ranges();
    for (int i = 0; i < ranges.size(); i++) {
      ByteRange range = ranges.get(i);
      assertTrue(!range.isEmpty(), () -> "an empty range: " + what);
      assertTrue(range.end() <= size, () -> "beyond the object: " + what);
      for (ByteRange other : ranges.subList(0, i)) {
        assertTrue(
            other.end() <= range.start() || range.end() <= other.start(),
            () -> "overlapping ranges: " + what);
      }
    }
    assertTrue(
        beyond(window, read.end()) <= budget, () -> "beyond the budget of " + budget + ": " + what);
  }

  /** Returns the planned bytes from {@code offset} on, and all in ranges that end before it. */
  private static long beyond(ReadAheadWindow window, long offset) {
    long bytes = 0;
    for (ByteRange range : window.ranges()) {
      boolean around = range.start() < offset && offset <= range.end();
      bytes += around ? range.end() - offset : range.length();
    }
    return bytes;
  }
}
