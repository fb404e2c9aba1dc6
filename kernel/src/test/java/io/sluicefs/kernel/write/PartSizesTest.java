// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.transport.TransportCapabilities;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;

/** The arithmetic of parts, with the limits of S3 and the default size of parts. */
class PartSizesTest {
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;
  private static final long TIB = 1L << 40;
  private static final int PARTS = 10_000;

  /** 48.8 TiB. */
  private static final long LARGEST_OBJECT = PARTS * 5 * GIB;

  private static PartSizes sizes(long memoryLimit) {
    TransportCapabilities store =
        new TransportCapabilities(
            EnumSet.of(Feature.WRITE, Feature.MULTIPART),
            5 * GIB,
            5 * MIB,
            5 * GIB,
            PARTS,
            5 * GIB);
    return new PartSizes(8 * MIB, memoryLimit / 8, store);
  }

  @Test
  void partsHaveThePreferredSizeAsLongAsThatIsEnough() {
    PartSizes sizes = sizes(8 * GIB);
    assertEquals(8 * MIB, sizes.known(GIB, sizes.preferred(), PARTS));
    assertEquals(8 * MIB, sizes.known(PARTS * 8 * MIB, sizes.preferred(), PARTS));
    assertEquals(9 * MIB, sizes.known(PARTS * 8 * MIB + 1, sizes.preferred(), PARTS));
    assertEquals(8 * MIB, sizes.streamed(0));
    assertEquals(8 * MIB, sizes.streamed(GIB));
  }

  @Test
  void theLargestObjectOfTheStoreFitsExactlyWhereItsSizeIsKnown() {
    PartSizes sizes = sizes(40 * GIB);
    assertEquals(5 * GIB, sizes.largest());
    assertEquals(5 * GIB, sizes.known(LARGEST_OBJECT, sizes.preferred(), PARTS));
    assertTrue(sizes.known(LARGEST_OBJECT + 1, sizes.preferred(), PARTS) > sizes.largest());
  }

  @Test
  void aStreamWhoseLengthNobodyKnowsComesToNearlyTheLargestObject() {
    assertReaches(44.7, 64);
    assertReaches(44.7, 40);
  }

  @Test
  void withLessMemoryPartsAreSmallerAndObjectsToo() {
    assertReaches(35.8, 32);
    assertReaches(18.1, 16);
    assertReaches(4.6, 4);
    assertReaches(1.1, 1);
  }

  private static void assertReaches(double tebibytes, long memoryGibibytes) {
    PartSizes sizes = sizes(memoryGibibytes * GIB);
    double reached = sizes.largestStream() / (double) TIB;
    assertTrue(sizes.largest() <= memoryGibibytes * GIB / 8);
    assertEquals(tebibytes, Math.floor(reached * 10) / 10);
  }

  @Test
  void partsOfAStreamNeverShrinkAndAreWholeMebibytes() {
    PartSizes sizes = sizes(64 * GIB);
    long last = 0;
    for (long at = 0; at < 10 * TIB; at += sizes.streamed(at)) {
      long size = sizes.streamed(at);
      assertTrue(size >= last && size % MIB == 0 && size <= sizes.largest());
      last = size;
    }
  }
}
