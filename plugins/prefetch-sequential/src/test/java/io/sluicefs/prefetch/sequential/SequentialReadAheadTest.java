// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.sequential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.prefetch.Prefetcher;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.prefetch.ReadAheadWindow;
import io.sluicefs.spi.testkit.LeakCheckedMemory;
import io.sluicefs.spi.testkit.TestContext;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SequentialReadAheadTest {
  private static final long KIB = 1 << 10;
  private static final long MIB = 1 << 20;
  private static final long SIZE = 1000 * MIB;

  @Test
  void twoReadsInOrderStartWithTheRestOfTheChunk() throws Exception {
    ReadAhead handle = open(SIZE, Map.of());

    assertEquals(List.of(), read(handle, 97 * MIB, 128 * KIB).ranges());
    assertEquals(
        List.of(new ByteRange(97 * MIB, 104 * MIB)),
        read(handle, 97 * MIB + 128 * KIB, 128 * KIB).ranges());
  }

  @Test
  void moreReadsAreNeededIfToldSo() throws Exception {
    ReadAhead handle = open(SIZE, Map.of("detect-count", "4"));

    for (int i = 0; i < 3; i++) {
      assertEquals(List.of(), read(handle, 100 * MIB + i * (128 * KIB), 128 * KIB).ranges());
    }
    assertTrue(read(handle, 100 * MIB + 3 * 128 * KIB, 128 * KIB).length() > 0);
  }

  @Test
  void aLongFirstReadFromTheStartIsEnough() throws Exception {
    assertEquals(
        List.of(new ByteRange(0, 8 * MIB)), read(open(SIZE, Map.of()), 0, 128 * KIB).ranges());
    assertEquals(List.of(), read(open(SIZE, Map.of()), 0, 4 * KIB).ranges());
  }

  @Test
  void theWindowDoublesUpToThreeTimesTheRequests() throws Exception {
    ReadAhead handle = open(SIZE, Map.of("requests-per-file", "4"));

    assertEquals(16 * MIB, ahead(readTo(handle, 0, 16 * MIB), 16 * MIB));
    assertEquals(32 * MIB, ahead(readTo(handle, 16 * MIB, 32 * MIB), 32 * MIB));
    assertEquals(64 * MIB, ahead(readTo(handle, 32 * MIB, 64 * MIB), 64 * MIB));
    assertEquals(96 * MIB, ahead(readTo(handle, 64 * MIB, 128 * MIB), 128 * MIB));
    assertEquals(96 * MIB, ahead(readTo(handle, 128 * MIB, 512 * MIB), 512 * MIB));
  }

  @Test
  void theWindowGrowsToTheGivenNumberOfChunks() throws Exception {
    ReadAhead handle = open(SIZE, Map.of("chunks", "5"));

    assertEquals(40 * MIB, ahead(readTo(handle, 0, 256 * MIB), 256 * MIB));
  }

  @Test
  void anUnlimitedWindowReachesToTheEnd() throws Exception {
    ReadAhead handle = open(SIZE, Map.of("chunks", "unlimited"));

    assertEquals(List.of(new ByteRange(0, SIZE)), readTo(handle, 0, 256 * KIB).ranges());
  }

  @Test
  void aFileSmallerThanAChunkIsPlannedWhole() throws Exception {
    ReadAhead handle = open(3 * MIB + 5, Map.of());

    assertEquals(List.of(new ByteRange(0, 3 * MIB + 5)), readTo(handle, 0, 256 * KIB).ranges());
  }

  @Test
  void theLastPartialChunkIsPlanned() throws Exception {
    long size = 20 * MIB + 5;
    ReadAhead handle = open(size, Map.of());

    assertEquals(
        List.of(new ByteRange(8 * MIB, size)), readTo(handle, 0, 12 * MIB + 128 * KIB).ranges());
  }

  @Test
  void readsThatOvertakeEachOtherAreInOrder() throws Exception {
    ReadAhead handle = open(SIZE, Map.of());
    readTo(handle, 0, 16 * MIB);

    ReadAheadWindow window = ReadAheadWindow.EMPTY;
    for (long at = 16 * MIB; at < 32 * MIB; at += 2 * MIB) {
      read(handle, at + MIB, MIB);
      window = read(handle, at, MIB);
    }
    assertEquals(32 * MIB, ahead(window, 32 * MIB));
  }

  @Test
  void smallJumpsAreInOrder() throws Exception {
    ReadAhead handle = open(SIZE, Map.of("max-jump", "1MiB"));
    readTo(handle, 0, 16 * MIB);

    assertEquals(List.of(new ByteRange(16 * MIB, 40 * MIB)), read(handle, 17 * MIB, MIB).ranges());
    assertEquals(
        List.of(new ByteRange(16 * MIB, 40 * MIB)),
        read(handle, 25 * MIB, MIB).ranges(),
        "a large one is none of this stream, whose plan stays");
  }

  @Test
  void aLookAtTheEndDoesNotDisturbTheStream() throws Exception {
    ReadAhead handle = open(SIZE, Map.of());
    ReadAheadWindow before = readTo(handle, 0, 32 * MIB);

    ReadAheadWindow after = read(handle, SIZE - 64 * KIB, 64 * KIB);

    assertEquals(before.ranges(), after.ranges());
    assertEquals(before.ranges(), read(handle, SIZE - 4 * MIB, 100).ranges());
    assertEquals(40 * MIB, ahead(read(handle, 32 * MIB, MIB), 32 * MIB));
  }

  @Test
  void strayReadsDoNotPushTheStreamOut() throws Exception {
    ReadAhead handle = open(SIZE, Map.of());
    readTo(handle, 0, 32 * MIB);

    for (int i = 0; i < 100; i++) {
      read(handle, 200 * MIB + i * (5 * MIB), 4 * KIB);
    }
    assertEquals(40 * MIB, ahead(read(handle, 32 * MIB, MIB), 32 * MIB));
  }

  @Test
  void aStreamNobodyReadsAnyMoreIsNotPlanned() throws Exception {
    ReadAhead handle = open(SIZE, Map.of());
    readTo(handle, 0, 32 * MIB);

    ReadAheadWindow window = readTo(handle, 500 * MIB, 520 * MIB);

    assertEquals(1, window.ranges().size());
    assertTrue(
        ahead(window, 520 * MIB) <= 12 * MIB,
        () -> window + " passes the length of the run before");
  }

  @Test
  void aReaderOfSlicesIsPlannedSliceBySlice() throws Exception {
    ReadAhead handle = open(SIZE, Map.of());
    long slice = 20 * MIB + 256 * KIB;
    readTo(handle, 100 * MIB, 100 * MIB + slice);

    for (long start : new long[] {200 * MIB, 300 * MIB, 330 * MIB, 800 * MIB, 500 * MIB}) {
      long end = start + slice;
      assertEquals(
          List.of(new ByteRange(start - start % (8 * MIB) + 16 * MIB, end)),
          readTo(handle, start, end - 3 * MIB).ranges());
      assertEquals(List.of(), readTo(handle, end - 3 * MIB, end).ranges());
    }
  }

  @Test
  void aPieceAsLongAsThoseBeforeIsPlannedWholeAtItsFirstRead() throws Exception {
    ReadAhead handle = open(SIZE, Map.of());
    readTo(handle, 96 * MIB, 112 * MIB);
    readTo(handle, 800 * MIB, 816 * MIB);

    for (long start : new long[] {320 * MIB, 16 * MIB, 512 * MIB, 448 * MIB}) {
      assertEquals(
          List.of(new ByteRange(start, start + 16 * MIB)), read(handle, start, 128 * KIB).ranges());
      assertEquals(List.of(), readTo(handle, start + 128 * KIB, start + 16 * MIB).ranges());
    }
  }

  @Test
  void piecesThatHappenToBeNextToEachOtherArePlannedWholeToo() throws Exception {
    ReadAhead handle = open(1024 * MIB, Map.of());
    List<Integer> order = shuffledPieces(5);
    List<Integer> waited = new ArrayList<>();
    for (int piece : order) {
      long start = 16 * MIB * piece;
      ReadAheadWindow first = read(handle, start, MIB);
      if (!isPlanned(first, start + 16 * MIB - 1)) {
        waited.add(order.indexOf(piece));
      }
      for (long at = MIB; at < 16 * MIB; at += MIB) {
        read(handle, start + at, MIB);
      }
    }
    assertTrue(waited.size() <= 4, () -> "not planned at their first read: " + waited);
  }

  @Test
  void whatIsLeftIsGuessedOnceMoreThanHalfWasReadInAnyOrder() throws Exception {
    ReadAhead handle = open(1024 * MIB, Map.of());
    List<Integer> order = shuffledPieces(5);
    order.subList(0, 33).forEach(piece -> readPiece(handle, piece));
    ReadAheadWindow window = readPiece(handle, order.get(33));

    for (int piece : order) {
      long middle = 16 * MIB * piece + 8 * MIB;
      assertEquals(order.indexOf(piece) > 33, isPlanned(window, middle), () -> "piece " + piece);
    }
    assertEquals("runs in any order, and what is left of the object", handle.describe());
  }

  @Test
  void whatIsLeftIsGuessedFromTheEndAsFarAsTheBudgetGoes() throws Exception {
    ReadAhead handle = open(1024 * MIB, Map.of());
    List<Integer> order = shuffledPieces(5);
    order.subList(0, 40).forEach(piece -> readPiece(handle, piece));
    long start = 16 * MIB * order.get(40);
    ReadAheadWindow window = handle.next(new ByteRange(start, start + MIB), 64 * MIB);

    int lastLeft = Collections.max(order.subList(41, 64));
    assertEquals(64 * MIB, window.length());
    assertEquals(new ByteRange(start, start + 16 * MIB), window.ranges().getFirst());
    assertTrue(isPlanned(window, 16 * MIB * lastLeft + 8 * MIB));
  }

  @Test
  void noMoreIsGuessedThanWasReadInAnyOrder() throws Exception {
    for (int seed = 0; seed < 50; seed++) {
      ReadAhead handle = open(1024 * MIB, Map.of());
      long read = 0;
      long most = 0;
      for (int piece : shuffledPieces(seed).subList(0, 32)) {
        long guessed = guessed(readPiece(handle, piece));
        read += 16 * MIB;
        assertTrue(guessed == 0 || read >= 8 * 16 * MIB, "nothing before several pieces were read");
        assertTrue(guessed <= read, () -> guessed + " bytes");
        most = Math.max(most, guessed);
      }
      assertTrue(most >= 128 * MIB, "of what half a reader of all leaves");
    }
  }

  @Test
  void aRankThatReadsItsPartOfEveryTensorInAnyOrderGetsNoneOfTheOthers() throws Exception {
    ReadAhead handle = open(4096 * MIB, Map.of());
    for (int tensor : shuffledPieces(5)) {
      assertEquals(0, guessed(readPiece(handle, 4 * tensor + 1)));
    }
  }

  @Test
  void aReaderWhoKeepsToAPartOfTheObjectGetsNothingBeyond() throws Exception {
    ReadAhead handle = open(4096 * MIB, Map.of());
    for (int piece : shuffledPieces(5)) {
      assertFalse(isPlanned(readPiece(handle, 100 + piece), 16 * MIB * 164));
    }
  }

  @Test
  void aReaderWhoNeverComesToWhatWasGuessedIsNotGuessedOn() throws Exception {
    ReadAhead handle = open(4096 * MIB, Map.of());
    List<Integer> order = new ArrayList<>(IntStream.range(0, 256).boxed().toList());
    Collections.shuffle(order, new Random(5));
    BitSet read = new BitSet();
    ReadAheadWindow window = ReadAheadWindow.EMPTY;
    boolean began = false;
    boolean ended = false;
    for (int i = 0; i < 100 && !ended; i++) {
      ReadAheadWindow before = window;
      int next =
          order.stream()
              .filter(piece -> !read.get(piece) && !isPlanned(before, 16 * MIB * piece))
              .findFirst()
              .orElseThrow();
      read.set(next);
      window = readPiece(handle, next);
      began |= guessed(window) > 0;
      ended = began && guessed(window) == 0;
    }
    assertTrue(began);
    assertTrue(ended);
  }

  @Test
  void whatMemoryHoldsLittleOfIsNotGuessed() throws Exception {
    ReadAhead handle = open(1024 * MIB, Map.of());
    for (int piece : shuffledPieces(5).subList(0, 24)) {
      for (long at = 0; at < 16 * MIB; at += MIB) {
        assertEquals(0, guessed(handle.next(ByteRange.of(16 * MIB * piece + at, MIB), 128 * MIB)));
      }
    }
  }

  @Test
  void piecesThatLinuxReadBeyondArePlannedWholeAllTheSame() throws Exception {
    ReadAhead handle = open(SIZE, Map.of());
    readTo(handle, 96 * MIB, 113 * MIB);
    readTo(handle, 800 * MIB, 817 * MIB);
    readTo(handle, 400 * MIB, 417 * MIB);
    readTo(handle, 817 * MIB, 832 * MIB);

    assertTrue(isPlanned(read(handle, 320 * MIB, 128 * KIB), 336 * MIB - 1));
  }

  @Test
  void aReaderWhoLeavesPiecesOutOnItsWayGetsNoneOfThem() throws Exception {
    ReadAhead handle = open(1024 * MIB, Map.of());
    Random random = new Random(5);
    List<Long> leftOut = new ArrayList<>();

    long at = 0;
    while (at < 1000 * MIB) {
      ReadAheadWindow window = readTo(handle, at, at + 16 * MIB);
      leftOut.forEach(left -> assertFalse(isPlanned(window, left)));
      leftOut.add(at + 19 * MIB);
      at += 16 * MIB + (random.nextBoolean() ? 6 : 8) * MIB;
    }
  }

  private static List<Integer> shuffledPieces(int seed) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, 64).boxed().toList());
    Collections.shuffle(order, new Random(seed));
    return order;
  }

  private static ReadAheadWindow readPiece(ReadAhead handle, int piece) {
    return readTo(handle, 16 * MIB * piece, 16 * MIB * (piece + 1));
  }

  @Test
  void aPieceThatIsShorterThanThoseBeforeEndsTheTrust() throws Exception {
    ReadAhead handle = open(SIZE, Map.of());
    readTo(handle, 96 * MIB, 112 * MIB);
    readTo(handle, 800 * MIB, 816 * MIB);
    assertTrue(isPlanned(read(handle, 200 * MIB, 128 * KIB), 201 * MIB));

    assertFalse(isPlanned(read(handle, 400 * MIB, 4 * KIB), 401 * MIB));
  }

  @Test
  void piecesAtEvenDistancesArePlannedBeforeTheyAreRead() throws Exception {
    ReadAhead handle = open(SIZE, Map.of());
    ReadAheadWindow window = ReadAheadWindow.EMPTY;
    for (long start = 0; start < 640 * MIB; start += 128 * MIB) {
      window = readTo(handle, start + 32 * MIB, start + 48 * MIB);
    }

    assertEquals(new ByteRange(672 * MIB, 688 * MIB), window.ranges().getFirst());
    assertTrue(isPlanned(readTo(handle, 672 * MIB, 673 * MIB), 815 * MIB));
    assertFalse(
        isPlanned(read(handle, 100 * MIB, 128 * KIB), 815 * MIB), "the distance is another");
  }

  @Test
  void threadsThatTakePiecesInTurnAreOneStream() throws Exception {
    ReadAhead handle = open(SIZE, Map.of());
    ReadAheadWindow window = ReadAheadWindow.EMPTY;
    for (long start = 0; start < 256 * MIB; start += 32 * MIB) {
      for (long half = 0; half < 2 * MIB; half += MIB) {
        for (long piece = 0; piece < 32 * MIB; piece += 2 * MIB) {
          window = read(handle, start + piece + half, MIB);
        }
      }
    }

    assertEquals(1, window.ranges().size());
    assertEquals(256 * MIB, ahead(window, 256 * MIB));
  }

  @Test
  void whatIsPlannedInVainMakesWindowsNarrower() throws Exception {
    ReadAhead one = open(SIZE, Map.of());
    ReadAhead jumping = open(SIZE, Map.of());
    long[] lengths = {10, 33, 17, 48, 21};
    long at = 100 * MIB;
    for (long length : lengths) {
      readTo(jumping, at, at + length * MIB);
      at += length * MIB + 90 * MIB;
    }

    long ofOne = ahead(readTo(one, 0, 64 * MIB), 64 * MIB);
    long ofJumping = ahead(readTo(jumping, 0, 64 * MIB), 64 * MIB);
    assertEquals(64 * MIB, ofOne);
    assertTrue(ofJumping <= 32 * MIB, () -> ofJumping + " bytes ahead");
  }

  @Test
  void aReaderWhoPassesTheExpectedEndIsPlannedOn() throws Exception {
    ReadAhead handle = open(SIZE, Map.of());
    readTo(handle, 100 * MIB, 104 * MIB);

    assertTrue(
        readTo(handle, 200 * MIB, 200 * MIB + 256 * KIB)
            .ranges()
            .contains(new ByteRange(200 * MIB, 204 * MIB)));
    ReadAheadWindow window = readTo(handle, 200 * MIB + 256 * KIB, 264 * MIB);
    assertEquals(64 * MIB, ahead(window, 264 * MIB));
  }

  @Test
  void threadsThatShareAHandleEachHaveTheirStream() throws Exception {
    ReadAhead handle = open(SIZE, Map.of());
    ReadAheadWindow window = ReadAheadWindow.EMPTY;
    for (long at = 0; at < 16 * MIB; at += MIB) {
      for (int thread = 0; thread < 4; thread++) {
        window = read(handle, thread * (200 * MIB) + at, MIB);
      }
    }
    assertEquals(4, window.ranges().size());
  }

  @Test
  void aBudgetBelowAChunkIsUsed() throws Exception {
    ReadAhead handle = open(SIZE, Map.of());
    ReadAheadWindow window = ReadAheadWindow.EMPTY;
    for (long at = 0; at < 16 * MIB; at += MIB) {
      window = handle.next(ByteRange.of(at, MIB), 6 * MIB);
    }
    assertEquals(6 * MIB, ahead(window, 16 * MIB));
  }

  @Test
  void whatWasLeftOutLongAgoTakesNothingOfTheBudget() throws Exception {
    ReadAhead handle = open(SIZE, Map.of());
    ReadAheadWindow window = ReadAheadWindow.EMPTY;
    for (long at = 0; at < 256 * MIB; at += at % 3 == 0 ? MIB : 2 * MIB) {
      window = handle.next(ByteRange.of(at, MIB), 32 * MIB);
    }
    assertTrue(isPlanned(window, 264 * MIB), window::toString);
  }

  private static ReadAheadWindow read(ReadAhead handle, long offset, long length) {
    return handle.next(ByteRange.of(offset, length), Long.MAX_VALUE);
  }

  private static ReadAheadWindow readTo(ReadAhead handle, long start, long end) {
    ReadAheadWindow window = ReadAheadWindow.EMPTY;
    for (long at = start; at < end; at += 128 * KIB) {
      window = read(handle, at, 128 * KIB);
    }
    return window;
  }

  private static long guessed(ReadAheadWindow window) {
    return window.guesses().stream().mapToLong(ByteRange::length).sum();
  }

  private static boolean isPlanned(ReadAheadWindow window, long offset) {
    return Stream.concat(window.ranges().stream(), window.guesses().stream())
        .anyMatch(range -> range.start() <= offset && offset < range.end());
  }

  private static long ahead(ReadAheadWindow window, long offset) {
    return window.ranges().stream().mapToLong(range -> range.end() - offset).sum();
  }

  private static ReadAhead open(long size, Map<String, String> settings) throws Exception {
    SequentialPrefetcherProvider provider = new SequentialPrefetcherProvider();
    try (LeakCheckedMemory memory = new LeakCheckedMemory(MIB);
        Prefetcher prefetcher =
            provider.open(TestContext.of(provider, new HashMap<>(settings), memory))) {
      return prefetcher.open(new ObjectId("key", "1"), size);
    }
  }
}
