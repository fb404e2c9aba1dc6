// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.prefetch.PrefetchLimits;
import io.sluicefs.spi.prefetch.ReadAhead;
import io.sluicefs.spi.prefetch.ReadAheadWindow;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is recorded of reads, and planned of what was recorded. */
@Timeout(60)
class TraceTest {
  private static final long KIB = 1 << 10;
  private static final long MIB = 1 << 20;
  private static final PrefetchLimits LIMITS = new PrefetchLimits(8 * MIB, 16, 64);
  private static final ObjectId ID = new ObjectId("model", "1");
  private static final long SIZE = 1000 * MIB + 5;

  @TempDir Path folder;

  @Test
  void readsThatFollowEachOtherAreOneRun() throws Exception {
    try (TraceRecorder recorder = recorder(Duration.ofHours(1))) {
      ReadAhead handle = recorder.open(ID, SIZE);
      for (long at = 0; at < 20 * MIB; at += 128 * KIB) {
        handle.next(ByteRange.of(at, 128 * KIB), 0);
      }
      handle.next(new ByteRange(SIZE - 1, SIZE), 0);
      handle.next(ByteRange.of(5 * MIB, MIB), 0);
    }
    assertEquals(
        List.of("sluice-trace 1", "object " + SIZE + " 1 model", "0 320", "16000 1", "end"),
        Files.readAllLines(file()));
  }

  @Test
  void noKeyLeadsOutOfTheFileOrAddsALine() throws Exception {
    List<String> keys =
        List.of(
            "../escaped",
            "..",
            folder.resolve("escaped").toString(),
            "nul\0byte",
            "line\nend\nobject 1 e k",
            "k".repeat(1024),
            "../".repeat(341) + "e");
    try (TraceRecorder recorder = recorder(Duration.ofHours(1))) {
      for (String key : keys) {
        recorder.open(new ObjectId(key, "1"), SIZE).next(ByteRange.of(0, MIB), 0);
      }
    }
    TraceFile.Content content = TraceFile.read(file());

    assertEquals(keys, content.objects().stream().map(ObjectTrace::key).toList());
    assertEquals("", content.damage());
    try (Stream<Path> files = Files.walk(folder)) {
      assertEquals(List.of(folder, file()), files.toList());
    }
  }

  @Test
  void readersSideBySideHaveRunsOfTheirOwn() throws Exception {
    try (TraceRecorder recorder = recorder(Duration.ofHours(1))) {
      ReadAhead one = recorder.open(ID, SIZE);
      ReadAhead other = recorder.open(ID, SIZE);
      for (long at = 0; at < 16 * MIB; at += 128 * KIB) {
        one.next(ByteRange.of(at, 128 * KIB), 0);
        other.next(ByteRange.of(100 * MIB + at, 128 * KIB), 0);
      }
    }
    assertEquals(
        List.of("0 128", "1600 128", "128 128", "1728 128"),
        Files.readAllLines(file()).subList(2, 6));
  }

  @Test
  void itIsWrittenWhileTheMountGoesOn() throws Exception {
    try (TraceRecorder recorder = recorder(Duration.ofMillis(1))) {
      recorder.open(ID, SIZE).next(ByteRange.of(0, MIB), 0);
      while (Files.notExists(file())) {
        Thread.onSpinWait();
      }
    }
    assertEquals("end", Files.readAllLines(file()).getLast());
  }

  @Test
  void whereNothingIsReadNothingIsWritten() throws Exception {
    Files.writeString(file(), "of the mount before");
    try (TraceRecorder recorder = recorder(Duration.ofMillis(1))) {
      assertSame(ReadAheadWindow.EMPTY, recorder.open(ID, SIZE).next(ByteRange.of(0, 0), 0));
    }
    assertEquals("of the mount before", Files.readString(file()));
  }

  @Test
  void aTraceIsBoundedInSize() throws Exception {
    try (TraceRecorder recorder = recorder(Duration.ofHours(1))) {
      long size = 1L << 40;
      ReadAhead handle = recorder.open(ID, size);
      for (long i = 0; i < TraceFile.MOST_RUNS + 1000; i++) {
        handle.next(ByteRange.of(2 * i * Granules.BYTES, 4096), 0);
      }
    }
    assertTrue(Files.size(file()) < 4 * MIB, Files.size(file()) + " bytes");
    assertEquals("", TraceFile.read(file()).damage());
  }

  @Test
  void whatWasReadIsPlannedInTheOrderItWasRead() throws Exception {
    List<Long> offsets = recordShuffled();
    try (TraceReplayer replayer = TraceReplayer.open(file(), LIMITS)) {
      ReadAhead handle = replayer.open(ID, SIZE);
      List<Long> planned =
          handle.next(ByteRange.of(offsets.getFirst(), 4096), Long.MAX_VALUE).ranges().stream()
              .map(ByteRange::start)
              .toList();
      assertEquals(offsets.subList(0, planned.size()), planned);
      assertEquals(3 * 16 * 8, planned.size() * 2);
    }
  }

  @Test
  void aWindowStaysWhileAnEighthOfItIsRead() throws Exception {
    List<Long> offsets = recordShuffled();
    try (TraceReplayer replayer = TraceReplayer.open(file(), LIMITS)) {
      ReadAhead handle = replayer.open(ID, SIZE);
      ReadAheadWindow before = ReadAheadWindow.EMPTY;
      int windows = 0;
      for (long offset : offsets) {
        for (long at = offset; at < offset + 2 * MIB; at += 128 * KIB) {
          ReadAheadWindow window = handle.next(ByteRange.of(at, 128 * KIB), 128 * MIB);
          assertTrue(window.length() <= 64 * MIB, "beyond half of the budget");
          windows += window.equals(before) ? 0 : 1;
          before = window;
        }
      }
      int made = windows;
      assertTrue(made < offsets.size() / 2, () -> made + " windows for " + offsets.size());
    }
  }

  @Test
  void anotherVersionAnotherObjectAndOtherReadsAreLeftToOthers() throws Exception {
    List<Long> offsets = recordShuffled();
    try (TraceReplayer replayer = TraceReplayer.open(file(), LIMITS)) {
      assertAbstains(replayer.open(new ObjectId("model", "2"), SIZE));
      assertAbstains(replayer.open(ID, SIZE + 1));
      assertAbstains(replayer.open(new ObjectId("other", "1"), SIZE));

      ReadAhead handle = replayer.open(ID, SIZE);
      long notRecorded = 999 * MIB;
      for (int i = 0; i < 8; i++) {
        assertFalse(handle.abstains(), "after " + i);
        handle.next(ByteRange.of(notRecorded, 4096), Long.MAX_VALUE);
      }
      assertTrue(handle.abstains());
      handle.next(ByteRange.of(offsets.get(3), 4096), Long.MAX_VALUE);
      assertFalse(handle.abstains(), "it is back");
    }
  }

  private static void assertAbstains(ReadAhead handle) {
    assertEquals(List.of(), handle.next(new ByteRange(0, 4096), Long.MAX_VALUE).ranges());
    assertTrue(handle.abstains());
  }

  /** Records pieces of 2 MiB in a random order; returns their offsets. */
  private List<Long> recordShuffled() {
    List<Long> offsets = new ArrayList<>();
    for (long at = 0; at < 900 * MIB; at += 4 * MIB) {
      offsets.add(at);
    }
    Collections.shuffle(offsets, new Random(1));
    try (TraceRecorder recorder = recorder(Duration.ofHours(1))) {
      ReadAhead handle = recorder.open(ID, SIZE);
      for (long offset : offsets) {
        for (long at = offset; at < offset + 2 * MIB; at += 128 * KIB) {
          handle.next(ByteRange.of(at, 128 * KIB), 0);
        }
      }
    }
    return offsets;
  }

  private TraceRecorder recorder(Duration interval) {
    return new TraceRecorder(file(), interval, new NoReadAhead());
  }

  private Path file() {
    return folder.resolve("a.trace");
  }
}
