// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

/** A staged file beside an array of bytes, and its journal read as after the daemon's death. */
class StagedFileModelTest {
  private static final int SPACE = 1 << 20;
  private static final int BLOCK = 4096;

  @TempDir Path temp;

  private final byte[] bytes = new byte[SPACE];
  private final BitSet held = new BitSet();
  private final BitSet sent = new BitSet();
  private int size = 10_000;
  private int visibleBase = 10_000;

  @RepeatedTest(5)
  void whateverIsDoneAFileIsAnArrayOfBytes() throws IOException {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    try (StagingArea area = StagingFixture.area(temp.resolve("staging"));
        StagedFile file =
            area.create(new StagedOrigin("s3://store/models", "a", StagingFixture.BASE, size))) {
      for (int step = 0; step < 3_000; step++) {
        step(file, random);
        long blocks = 0;
        for (int at = held.nextSetBit(0); at >= 0; at = held.nextSetBit((at / BLOCK + 1) * BLOCK)) {
          blocks++;
        }
        assertEquals(blocks * BLOCK, area.used(), () -> "seed " + seed);
        if (step % 100 == 99) {
          check(file, seed);
          StagedState read =
              StagingFolder.read(area.path().resolve(file.id() + ".journal")).orElseThrow();
          check(read, seed);
          StagedState[] told = new StagedState[1];
          read.tell(
              record -> {
                if (record instanceof JournalRecord.Made made) {
                  told[0] = new StagedState(made);
                } else {
                  told[0].apply(record);
                }
              });
          check(told[0], seed);
          assertEquals(read.origin(), told[0].origin());
        }
      }
    }
  }

  private void step(StagedFile file, Random random) throws IOException {
    int start = random.nextInt(SPACE);
    int end = Math.min(SPACE, start + random.nextInt(random.nextInt(20) == 0 ? 200_000 : 3000));
    switch (random.nextInt(40)) {
      case 0 -> {
        int cut = random.nextInt(SPACE);
        file.truncate(cut);
        for (BitSet set : new BitSet[] {held, sent}) {
          set.clear(cut, SPACE);
        }
        size = cut;
        visibleBase = Math.min(visibleBase, cut);
      }
      case 1, 2, 3, 4 -> {
        file.forget(new ByteRange(start, end));
        BitSet was = (BitSet) held.clone();
        was.clear(0, start);
        was.clear(end, SPACE);
        sent.or(was);
        held.clear(start, end);
      }
      case 5 -> {
        file.sent(new ByteRange(start, end));
        held.clear(start, end);
        sent.set(start, end);
        size = Math.max(size, end);
      }
      case 6 -> {
        if (random.nextInt(5) == 0) {
          file.rebase(new ObjectId("a", "e" + start), size);
          sent.clear();
          visibleBase = size;
        }
      }
      default -> {
        byte[] data = new byte[end - start];
        random.nextBytes(data);
        StagingFixture.write(file, start, data);
        if (start < end) {
          System.arraycopy(data, 0, bytes, start, data.length);
          held.set(start, end);
          sent.clear(start, end);
          size = Math.max(size, end);
        }
      }
    }
  }

  private void check(StagedFile file, long seed) throws IOException {
    assertEquals(held, bits(file.held()), () -> "seed " + seed);
    assertEquals(size, file.size(), () -> "seed " + seed);
    assertEquals(visibleBase, file.visibleBase(), () -> "seed " + seed);
    for (ByteRange range : file.held()) {
      assertArrayEquals(
          Arrays.copyOfRange(bytes, (int) range.start(), (int) range.end()),
          StagingFixture.read(file, range),
          () -> "seed " + seed + " " + range);
    }
  }

  private void check(StagedState state, long seed) {
    assertEquals(held, bits(state.held().snapshot()), () -> "seed " + seed);
    assertEquals(sent, bits(state.sent().snapshot()), () -> "seed " + seed);
    assertEquals(size, state.size(), () -> "seed " + seed);
    assertEquals(visibleBase, state.visibleBase(), () -> "seed " + seed);
  }

  private static BitSet bits(Extents extents) {
    BitSet bits = new BitSet();
    extents.forEach(range -> bits.set((int) range.start(), (int) range.end()));
    return bits;
  }
}
