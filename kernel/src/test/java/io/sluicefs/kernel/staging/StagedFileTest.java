// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("MustBeClosedChecker") // closed as part of what is tested
class StagedFileTest {
  private static final long LARGE = 8L << 20;

  @TempDir Path temp;
  private StagingArea area;

  @BeforeEach
  void open() throws IOException {
    area = StagingFixture.area(temp.resolve("staging"));
  }

  @AfterEach
  void close() {
    area.close();
  }

  @Test
  void whatIsWrittenIsReadBackFromWhereItWasWritten() throws IOException {
    try (StagedFile file = area.create(StagingFixture.NEW)) {
      StagingFixture.write(file, 1_000_000_000_000L, "far");
      StagingFixture.write(file, 5, "near");
      StagingFixture.write(file, 7, "st");

      assertEquals("nest", StagingFixture.text(file, 5, 9));
      assertEquals("far", StagingFixture.text(file, 1_000_000_000_000L, 1_000_000_000_003L));
      assertEquals("[5, 9)[1000000000000, 1000000000003)", file.held().toString());
      assertEquals(1_000_000_000_003L, file.size());
      assertEquals(8192, area.used());
    }
  }

  @Test
  void aHoleIsNotRead() throws IOException {
    try (StagedFile file = area.create(StagingFixture.NEW)) {
      StagingFixture.write(file, 0, "abc");
      StagingFixture.write(file, 4, "efg");

      IllegalArgumentException refused =
          assertThrows(
              IllegalArgumentException.class, () -> StagingFixture.read(file, new ByteRange(2, 5)));
      assertTrue(String.valueOf(refused.getMessage()).contains("[2, 5)"), refused.getMessage());
    }
  }

  @Test
  void onlyNativeMemoryIsTaken() throws IOException {
    try (StagedFile file = area.create(StagingFixture.NEW)) {
      MemorySegment heap = MemorySegment.ofArray(new byte[3]);
      assertThrows(IllegalArgumentException.class, () -> file.write(0, heap));
      assertThrows(IllegalArgumentException.class, () -> file.read(0, heap));
    }
  }

  @Test
  void aFileIsItsUsersAloneAndSaysNothingOfItsKeyInItsName() throws IOException {
    try (StagedFile file = area.create(StagingFixture.NEW)) {
      assertEquals(
          "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file.path())));
      assertEquals(
          List.of(
              area.path().relativize(file.path()).toString(),
              file.id() + ".journal",
              file.id().substring(0, 8) + ".lock"),
          StagingFixture.names(area.path()));
      assertTrue(file.id().matches("[0-9a-f]{8}-1"), file.id());
    }
  }

  @Test
  void closingRemovesItAndGivesItsBytesBack() throws IOException {
    StagedFile file = area.create(StagingFixture.NEW);
    StagingFixture.write(file, 0, "abc");
    file.close();
    file.close();

    assertEquals(1, StagingFixture.names(area.path()).size());
    assertEquals(0, area.used());
    assertThrows(IllegalStateException.class, () -> StagingFixture.write(file, 0, "x"));
  }

  @Test
  void aFileThatIsKeptIsALeftoverOnceItIsClosed() throws IOException {
    StagedFile file = area.create(StagingFixture.NEW);
    StagingFixture.write(file, 2, "abc");
    file.keep("access denied");

    assertEquals(List.of(), area.leftovers().files());
    file.close();

    Leftover leftover = area.leftovers().files().getFirst();
    assertEquals(file.id(), leftover.id());
    assertEquals(StagingFixture.NEW, leftover.origin());
    assertEquals(5, leftover.size());
    assertEquals(3, leftover.staged());
    assertEquals("access denied", leftover.why().orElseThrow());
    assertEquals(file.path(), leftover.path());
    assertEquals(4096, area.used());
  }

  @Test
  void bytesForgottenAreTheDisksAgain() throws Exception {
    try (StagedFile file = area.create(StagingFixture.NEW)) {
      StagingFixture.write(file, 0, new byte[(int) LARGE]);
      long before = StagingFixture.allocated(file.path());
      file.forget(new ByteRange(100, LARGE - 100));

      assertEquals("[0, 100)[" + (LARGE - 100) + ", " + LARGE + ")", file.held().toString());
      assertEquals(8192, area.used());
      assertTrue(before >= LARGE, "allocated " + before);
      assertTrue(StagingFixture.allocated(file.path()) <= 64 << 10);
      assertEquals(LARGE, file.size());
    }
  }

  @Test
  void aBlockIsGivenBackWithTheLastByteInIt() throws Exception {
    try (StagedFile file = area.create(StagingFixture.NEW)) {
      StagingFixture.write(file, 0, new byte[4096]);
      file.forget(new ByteRange(0, 2000));
      assertEquals(4096, area.used());
      file.forget(new ByteRange(2000, Long.MAX_VALUE));
      assertEquals(0, area.used());
      assertEquals(0, StagingFixture.allocated(file.path()));
    }
  }

  @Test
  void bytesCutOffAreTheDisksAgainAndTheBaseDoesNotComeBack() throws Exception {
    try (StagedFile file =
        area.create(new StagedOrigin("s3://store/models", "a", StagingFixture.BASE, 10_000))) {
      StagingFixture.write(file, 5_000, new byte[(int) LARGE]);
      file.truncate(6_000);
      file.truncate(9_000);

      assertEquals("[5000, 6000)", file.held().toString());
      assertEquals(4096, area.used());
      assertTrue(StagingFixture.allocated(file.path()) <= 4096);
      assertEquals(9_000, file.size());
      assertEquals(6_000, file.visibleBase());
    }
  }

  @Test
  void whatItHoldsLiesOverTheObjectThatWasSentHasBecome() throws IOException {
    try (StagedFile file = area.create(StagingFixture.NEW)) {
      file.sent(new ByteRange(0, 10));
      StagingFixture.write(file, 4, "xx");
      file.rebase(new ObjectId("a", "e2"), 10);
      assertEquals("[4, 6)", file.held().toString());
      assertEquals(10, file.visibleBase());
      StagedState read =
          StagingFolder.read(area.path().resolve(file.id() + ".journal")).orElseThrow();
      assertEquals("[4, 6)", read.held().snapshot().toString());
      assertTrue(read.sent().isEmpty());
      assertEquals(new ObjectId("a", "e2"), read.origin().base());
      assertFalse(read.isWorthless());
    }
  }

  @Test
  void anInterruptedThreadWritesAndReadsAndStaysInterrupted() throws IOException {
    try (StagedFile file = area.create(StagingFixture.NEW)) {
      Thread.currentThread().interrupt();
      StagingFixture.write(file, 0, "abc");
      assertEquals("abc", StagingFixture.text(file, 0, 3));
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void readersBesideAWriterSeeEachWriteWholeOrNotAtAll() throws Exception {
    int length = 100_000;
    try (StagedFile file = area.create(StagingFixture.NEW);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      byte[] bytes = new byte[length];
      StagingFixture.write(file, 0, bytes);
      AtomicBoolean done = new AtomicBoolean();
      List<Future<Boolean>> readers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        readers.add(
            threads.submit(
                () -> {
                  boolean whole = true;
                  while (!done.get()) {
                    byte[] seen = StagingFixture.read(file, new ByteRange(0, length));
                    whole &= seen[0] == seen[length / 2] && seen[0] == seen[length - 1];
                  }
                  return whole;
                }));
      }
      for (byte round = 1; round < 100; round++) {
        Arrays.fill(bytes, round);
        StagingFixture.write(file, 0, bytes);
      }
      done.set(true);
      for (Future<Boolean> reader : readers) {
        assertTrue(reader.get());
      }
    }
  }

  @Test
  void tenThousandOpenFilesTakeFewDescriptors() throws IOException {
    List<StagedFile> files = new ArrayList<>();
    int before = StagingFixture.names(Path.of("/proc/self/fd")).size();
    try {
      for (int i = 0; i < 10_000; i++) {
        files.add(area.create(StagingFixture.NEW));
      }
      for (int round = 0; round < 2; round++) {
        for (int i = 0; i < files.size(); i++) {
          StagingFixture.write(files.get(i), round, Integer.toString(round));
        }
      }
      int open = StagingFixture.names(Path.of("/proc/self/fd")).size() - before;
      assertTrue(open <= 260, open + " descriptors");
      assertEquals("01", StagingFixture.text(files.get(77), 0, 2));
      assertEquals(10_000L * 4096, area.used());
    } finally {
      files.forEach(StagedFile::close);
    }
    assertEquals(1, StagingFixture.names(area.path()).size());
  }

  @Test
  void aJournalOfManyRewritesStaysSmall() throws IOException {
    try (StagedFile file = area.create(StagingFixture.NEW)) {
      byte[] bytes = new byte[10];
      for (int i = 0; i < 100_000; i++) {
        StagingFixture.write(file, i % 1000, bytes);
      }
      Path journal = area.path().resolve(file.id() + ".journal");
      assertTrue(Files.size(journal) <= 1 << 20, Files.size(journal) + " bytes");
      assertEquals(
          "[0, 1009)", StagingFolder.read(journal).orElseThrow().held().snapshot().toString());
      assertFalse(Files.exists(area.path().resolve(file.id() + ".journal.new")));
    }
  }
}
