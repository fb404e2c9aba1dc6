// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ByteRange;
import java.util.BitSet;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ExtentsTest {
  private static final int SPACE = 20_000;

  @Test
  void rangesThatTouchAreOne() {
    assertEquals("[0, 30)", extents(0, 10, 20, 30, 10, 20).toString());
    assertEquals("[0, 10)[11, 20)", extents(11, 20, 0, 10).toString());
  }

  @Test
  void theFirstGapIsFoundWhereverItIs() {
    Extents extents = extents(10, 20, 30, 40);

    assertEquals(Optional.of(new ByteRange(0, 10)), extents.firstGap(new ByteRange(0, 15)));
    assertEquals(Optional.of(new ByteRange(20, 30)), extents.firstGap(new ByteRange(12, 35)));
    assertEquals(Optional.of(new ByteRange(40, 50)), extents.firstGap(new ByteRange(35, 50)));
    assertEquals(Optional.empty(), extents.firstGap(new ByteRange(10, 20)));
    assertEquals(Optional.empty(), extents.firstGap(new ByteRange(25, 25)));
    assertTrue(extents.contains(new ByteRange(11, 19)));
    assertFalse(extents.contains(new ByteRange(11, 31)));
  }

  @Test
  void partsAndGapsAreCutToTheRangeAsked() {
    Extents extents = extents(10, 20, 30, 40);

    assertEquals("[15, 20)[30, 31)", extents.intersect(new ByteRange(15, 31)).toString());
    assertEquals("[20, 30)", extents.gaps(new ByteRange(15, 31)).toString());
    assertEquals("[0, 10)[20, 30)[40, 50)", extents.gaps(new ByteRange(0, 50)).toString());
    assertEquals("[]", extents.gaps(new ByteRange(30, 40)).toString());
    assertEquals("[2, 3)", Extents.EMPTY.gaps(new ByteRange(2, 3)).toString());
  }

  @Test
  void blocksAreCountedOnceHoweverManyRangesAreInThem() {
    ExtentSet extents = new ExtentSet();
    extents.add(new ByteRange(0, 1));
    extents.add(new ByteRange(5, 6));
    extents.add(new ByteRange(4095, 4097));
    extents.add(new ByteRange(12_288, 12_289));

    assertEquals(3 * 4096, extents.blockBytes(new ByteRange(0, 16_384), 4096));
    assertEquals(4096, extents.blockBytes(new ByteRange(4096, 12_288), 4096));
  }

  /** Thousands of ranges, so that they are in many arrays. */
  @Test
  void whateverIsAddedAndRemovedIsWhatABitmapSays() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    ExtentSet extents = new ExtentSet();
    BitSet model = new BitSet();
    int most = 0;
    for (int step = 0; step < 30_000; step++) {
      int start = random.nextInt(SPACE);
      int end = Math.min(SPACE, start + random.nextInt(step % 1000 == 999 ? SPACE : 4));
      ByteRange range = new ByteRange(start, end);
      if (random.nextInt(3) > 0) {
        extents.add(range);
        model.set(start, end);
      } else {
        extents.remove(range);
        model.clear(start, end);
      }
      assertEquals(model.cardinality(), extents.length(), () -> "seed " + seed);
      if (step % 97 == 0) {
        assertEquals(of(model), extents.snapshot(), () -> "seed " + seed);
        assertEquals(extents.snapshot().count(), extents.count(), () -> "seed " + seed);
        int from = random.nextInt(SPACE);
        ByteRange within = new ByteRange(from, from + random.nextInt(SPACE - from));
        Extents part = extents.snapshot().intersect(within);
        assertEquals(part, extents.intersect(within), () -> "seed " + seed);
        assertEquals(!part.isEmpty(), extents.meets(within), () -> "seed " + seed);
        assertEquals(
            within.length(),
            part.length() + extents.snapshot().gaps(within).length(),
            () -> "seed " + seed);
      }
      most = Math.max(most, extents.count());
    }
    assertTrue(most > 1000, "only " + most + " ranges");
  }

  private static Extents of(BitSet bits) {
    ExtentSet extents = new ExtentSet();
    for (int start = bits.nextSetBit(0); start >= 0; ) {
      int end = bits.nextClearBit(start);
      extents.add(new ByteRange(start, end));
      start = bits.nextSetBit(end);
    }
    return extents.snapshot();
  }

  private static Extents extents(long... bounds) {
    ExtentSet extents = new ExtentSet();
    for (int i = 0; i < bounds.length; i += 2) {
      extents.add(new ByteRange(bounds[i], bounds[i + 1]));
    }
    return extents.snapshot();
  }
}
