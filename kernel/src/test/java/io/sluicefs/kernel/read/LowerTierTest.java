// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.testkit.read.PatternTransport;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class LowerTierTest {
  private static final int HALF = 64 << 10;

  private final PatternTransport store = new PatternTransport();
  private final ObjectId id = store.add("model", "1", 1 << 20);
  private final BlockLoader below =
      (range, target, progress) -> store.read(id, range, target, progress);
  private final AtomicBoolean reported = new AtomicBoolean();

  @Test
  void aTierThatBreaksHalfWayIsAMissForTheRest() throws Exception {
    BlockLoader breaking =
        (range, target, progress) -> {
          ByteBuffer first = target[0].slice(0, HALF);
          store.read(id, ByteRange.of(range.start(), HALF), new ByteBuffer[] {first}, progress);
          target[0].position(HALF + 7);
          throw new IllegalStateException("the disk is gone");
        };
    ByteBuffer target = ByteBuffer.allocateDirect(2 * HALF);
    List<Long> told = new ArrayList<>();

    new LowerTier(breaking, below, reported)
        .load(ByteRange.of(1000, 2 * HALF), new ByteBuffer[] {target}, told::add);

    assertEquals(List.of(ByteRange.of(1000, HALF), ByteRange.of(1000 + HALF, HALF)), store.reads());
    assertEquals(List.of((long) HALF, 2L * HALF), told);
    byte[] bytes = new byte[2 * HALF];
    target.flip().get(bytes);
    assertArrayEquals(store.expect(id, 1000, 2 * HALF), bytes);
    assertTrue(reported.get());
  }

  @Test
  void whatTheStoreAnswersPassesThroughOnce() {
    store.failNext(Kind.NOT_FOUND, 0);

    StorageException failure =
        assertThrows(
            StorageException.class,
            () ->
                new LowerTier(below, below, reported)
                    .load(
                        ByteRange.of(0, HALF),
                        new ByteBuffer[] {ByteBuffer.allocateDirect(HALF)},
                        bytes -> {}));

    assertEquals(Kind.NOT_FOUND, failure.kind());
    assertEquals(1, store.requests());
  }
}
