// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.prefetch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.sluicefs.spi.Axis;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.prefetch.PrefetchLimits;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.PrefetcherProvider;
import io.sluicefs.spi.prefetch.PresentBytes;
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

  private final long seed = Long.getLong("sluice.seed", System.nanoTime());
  private final LeakCheckedMemory memory = new LeakCheckedMemory(64 * MIB);
  private Prefetcher prefetcher;
  private int objects;

  /** For suites of a prefetcher. */
  @SuppressWarnings("NullAway.Init") // set before each test
  protected PrefetcherContract() {}

  /** Returns the provider under test. */
  protected abstract PrefetcherProvider provider();

  /**
   * Returns what a file begins with that the prefetcher plans, for one that plans some files only;
   * nothing by default. What follows it does not matter.
   *
   * @param size of the file, in bytes
   * @return no more bytes than that; nothing if a file so small cannot be one
   */
  protected byte[] head(long size) {
    return new byte[0];
  }

  /**
   * Returns whether it plans files that begin with {@link #head}. If not, tests of plans are
   * skipped where it abstains.
   */
  protected boolean plansItsFiles() {
    return true;
  }

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
      ReadObject object = object(size);
      ReadAhead handle = open(object);
      long at = 0;
      for (int i = 0; i < 100; i++) {
        if (at >= size || random.nextInt(10) == 0) {
          at = random.nextLong(size);
        }
        ByteRange read = new ByteRange(at, Math.min(size, at + 1 + random.nextLong(2 * MIB)));
        long budget = random.nextBoolean() ? Long.MAX_VALUE : random.nextLong(64 * MIB);
        ReadAheadWindow window = object.next(handle, read, budget);
        check(window, read, size, budget);
        assertAbstainersPlanNothing(handle, window);
        at = read.end();
      }
    }
  }

  @Test
  void withoutBudgetNothingIsPlanned() {
    ReadObject object = object(100 * MIB);
    ReadAhead handle = open(object);
    for (long at = 0; at < 100 * MIB; at += MIB) {
      assertEquals(0, beyond(object.next(handle, ByteRange.of(at, MIB), 0), at + MIB));
    }
  }

  @Test
  void whatIsReadInOrderIsPlannedBeforeUpToTheLastByte() {
    PrefetchLimits limits = prefetcher.limits();
    long size = 8 * limits.chunkSize() + 4097;
    ReadObject object = object(size);
    ReadAhead handle = open(object);
    BitSet planned = new BitSet();
    long unplanned = 0;
    for (long at = 0; at < size; at += 128 << 10) {
      ByteRange read = new ByteRange(at, Math.min(size, at + (128 << 10)));
      assumeTrue(
          plansItsFiles() || !handle.abstains(), "it plans some files only, and these are others");
      if (!planned.get((int) (at >> 12))) {
        unplanned += read.length();
      }
      for (ByteRange range : object.next(handle, read, Long.MAX_VALUE).ranges()) {
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
    ReadObject object = object(size);
    ReadAhead handle = open(object);
    ReadAheadWindow before = object.next(handle, new ByteRange(0, 4096), Long.MAX_VALUE);
    int changes = 0;
    int reads = 0;
    for (long at = 4096; at < size; at += 4096) {
      ReadAheadWindow window = object.next(handle, ByteRange.of(at, 4096), Long.MAX_VALUE);
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
    ReadObject object = object(size);
    ReadAhead handle = open(object);
    for (int i = 0; i < 200; i++) {
      ByteRange read = ByteRange.of(4096 * random.nextLong(1, size / 4096), 4096);
      assertEquals(
          0,
          beyond(object.next(handle, read, Long.MAX_VALUE), 0),
          () -> "planned after random reads, -Dsluice.seed=" + seed);
    }
  }

  @Test
  void plansDependOnTheReadsOfTheirHandleAlone() {
    Random random = new Random(seed);
    long size = 64 * MIB;
    ReadObject undisturbedObject = object(size);
    ReadObject disturbedObject = object(size);
    ReadObject otherObject = object(size);
    ObjectId shared = id();
    ReadAhead one = open(undisturbedObject);
    ReadAhead disturbed = prefetcher.open(shared, size, disturbedObject);
    ReadAhead other = prefetcher.open(shared, size, otherObject);
    for (long at = 0; at < size; at += 256 << 10) {
      ByteRange read = ByteRange.of(at, 256 << 10);
      // Not of the head, of which all handles learn.
      ByteRange stray = ByteRange.of(4096 * random.nextLong(256, size / 4096), 4096);
      List<ByteRange> ranges = undisturbedObject.next(one, read, 32 * MIB).ranges();
      otherObject.next(other, stray, 32 * MIB);
      assertEquals(
          ranges,
          disturbedObject.next(disturbed, read, 32 * MIB).ranges(),
          "the same reads, other plans");
    }
  }

  @Test
  void whereNothingIsInMemoryItPlansWithoutOrAbstains() {
    long size = 64 * MIB;
    ReadAhead handle = prefetcher.open(id(), size, PresentBytes.NONE);
    for (long at = 0; at < size; at += MIB) {
      ByteRange read = ByteRange.of(at, MIB);
      ReadAheadWindow window = handle.next(read, Long.MAX_VALUE);
      check(window, read, size, Long.MAX_VALUE);
      assertAbstainersPlanNothing(handle, window);
    }
  }

  @Test
  void whateverIsInMemoryDoesNoHarm() {
    Random random = new Random(seed);
    for (int round = 0; round < 200; round++) {
      long size = 1 + random.nextLong(64 * MIB);
      byte[] head = head(size);
      if (head.length == 0) {
        head = new byte[(int) Math.min(size, 4096)];
      }
      for (int i = random.nextInt(32); i > 0; i--) {
        head[random.nextInt(random.nextBoolean() ? head.length : Math.min(64, head.length))] =
            (byte) random.nextInt();
      }
      ReadObject object = new ReadObject(head, size);
      ReadAhead handle = open(object);
      for (long at = 0; at < size; at += MIB) {
        ByteRange read = new ByteRange(at, Math.min(size, at + MIB));
        ReadAheadWindow window = object.next(handle, read, Long.MAX_VALUE);
        check(window, read, size, Long.MAX_VALUE);
        assertAbstainersPlanNothing(handle, window);
      }
    }
  }

  /** Returns a file of a size nothing was read of. */
  private ReadObject object(long size) {
    return new ReadObject(head(size), size);
  }

  private ReadAhead open(ReadObject object) {
    return prefetcher.open(id(), object.size(), object);
  }

  private ObjectId id() {
    objects++;
    return new ObjectId("model.safetensors", Integer.toString(objects));
  }

  private void assertAbstainersPlanNothing(ReadAhead handle, ReadAheadWindow window) {
    assertTrue(
        !handle.abstains() || window.ranges().isEmpty(),
        () -> "abstains and plans " + window + ", -Dsluice.seed=" + seed);
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
