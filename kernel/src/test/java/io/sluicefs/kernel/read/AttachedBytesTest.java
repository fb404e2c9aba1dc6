// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import static io.sluicefs.kernel.read.ReadStack.KIB;
import static io.sluicefs.kernel.read.ReadStack.MIB;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.prefetch.PrefetchLimits;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.PresentBytes;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.prefetch.ReadAheadWindow;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a planner is shown of its object. */
@Timeout(60)
class AttachedBytesTest {
  private static final int SIZE = MIB + 777;

  /** Looks at one place of the object at each read, and plans nothing. */
  private static final class Onlooker implements Prefetcher {
    private final List<byte[]> seen = new ArrayList<>();
    private long offset;
    private int length;

    @Override
    public ReadAhead open(ObjectId id, long size) {
      throw new AssertionError("opened without a view");
    }

    @Override
    public ReadAhead open(ObjectId id, long size, PresentBytes present) {
      return (justRead, budget) -> look(present);
    }

    private ReadAheadWindow look(PresentBytes present) {
      ByteBuffer target = ByteBuffer.allocate(length);
      int copied = present.copy(offset, target);
      assertEquals(copied, target.position());
      seen.add(Arrays.copyOf(target.array(), copied));
      return ReadAheadWindow.EMPTY;
    }

    @Override
    public PrefetchLimits limits() {
      return new PrefetchLimits(MIB, 1, 1);
    }
  }

  private final Onlooker onlooker = new Onlooker();

  @Test
  void whatWasReadIsThereAtTheNextReadAndNothingElse() throws Exception {
    onlooker.length = SIZE;
    try (ReadStack stack = new ReadStack(4 * MIB, onlooker)) {
      ObjectId id = stack.store.add("model", "1", SIZE);
      try (ReadSession session = stack.open(id, SIZE)) {
        stack.check(session, 0, 200 * KIB);
        stack.check(session, 512 * KIB, 64 * KIB);
        stack.check(session, 512 * KIB, 64 * KIB);
      }
      assertEquals(0, onlooker.seen.get(0).length);
      assertArrayEquals(
          stack.store.expect(id, 0, 256 * KIB),
          onlooker.seen.get(1),
          "the blocks that were read, up to the first that was not");
      assertEquals(3 * 128 * KIB, stack.store.bytes(), "looking loads nothing");
    }
  }

  @Test
  void theEndOfTheObjectIsTheEndOfTheView() throws Exception {
    onlooker.offset = SIZE - 1000;
    onlooker.length = 4096;
    try (ReadStack stack = new ReadStack(4 * MIB, onlooker)) {
      ObjectId id = stack.store.add("model", "1", SIZE);
      try (ReadSession session = stack.open(id, SIZE)) {
        stack.check(session, SIZE - 1000, 1000);
        stack.check(session, 0, 1);
        onlooker.offset = SIZE + 5;
        stack.check(session, 0, 1);
      }
      assertArrayEquals(stack.store.expect(id, SIZE - 1000, 1000), onlooker.seen.get(1));
      assertEquals(0, onlooker.seen.get(2).length);
    }
  }
}
