// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.prefetch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.prefetch.PrefetchLimits;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.PresentBytes;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.prefetch.ReadAheadWindow;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrefetcherChainTest {
  private static final ObjectId ID = new ObjectId("a", "1");
  private static final ByteRange READ = new ByteRange(0, 10);

  /** Plans one window, or abstains while told to. */
  private static final class Planner implements Prefetcher, ReadAhead {
    private final ReadAheadWindow window;
    private final List<ByteRange> seen = new ArrayList<>();
    private PresentBytes present = PresentBytes.NONE;
    private boolean abstains;

    Planner(long start, boolean abstains) {
      this.window = new ReadAheadWindow(List.of(new ByteRange(start, start + 10)));
      this.abstains = abstains;
    }

    @Override
    public ReadAhead open(ObjectId id, long size) {
      return this;
    }

    @Override
    public ReadAhead open(ObjectId id, long size, PresentBytes bytes) {
      present = bytes;
      return this;
    }

    @Override
    public PrefetchLimits limits() {
      return new PrefetchLimits(1, 1, 1);
    }

    @Override
    public ReadAheadWindow next(ByteRange justRead, long budget) {
      seen.add(justRead);
      return abstains ? ReadAheadWindow.EMPTY : window;
    }

    @Override
    public boolean abstains() {
      return abstains;
    }
  }

  private final Planner first = new Planner(100, false);
  private final Planner second = new Planner(200, false);
  private final PrefetcherChain chain = new PrefetcherChain(List.of(first, second), first);

  @Test
  void theFirstThatDoesNotAbstainPlans() {
    ReadAhead handle = chain.open(ID, 1000);
    assertSame(first.window, handle.next(READ, 50));
    first.abstains = true;
    assertSame(second.window, handle.next(READ, 50));
    assertFalse(handle.abstains());
    first.abstains = false;
    assertSame(first.window, handle.next(READ, 50));
  }

  @Test
  void allOfThemSeeEveryRead() {
    ReadAhead handle = chain.open(ID, 1000);
    handle.next(READ, 50);
    handle.next(new ByteRange(10, 20), 50);

    assertEquals(List.of(READ, new ByteRange(10, 20)), first.seen);
    assertEquals(first.seen, second.seen);
  }

  @Test
  void whereAllAbstainNothingIsPlanned() {
    first.abstains = true;
    second.abstains = true;
    ReadAhead handle = chain.open(ID, 1000);

    assertEquals(List.of(), handle.next(READ, 50).ranges());
    assertTrue(handle.abstains());
  }

  @Test
  void allOfThemMayLookAtTheObject() {
    PresentBytes present = (offset, target) -> 0;
    chain.open(ID, 1000, present);

    assertSame(present, first.present);
    assertSame(present, second.present);
    assertEquals(first.limits(), chain.limits());
  }
}
