// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.sluicefs.kernel.memory.HardMemoryBudget;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.testkit.transport.MemoryTransport;
import io.sluicefs.spi.testkit.transport.MemoryTransport.Operation;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.ReadProgress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("MustBeClosedChecker") // closed as part of what is tested
class RecoveryTest {
  private static final String KEY = "llama/weights.bin";

  /** More than is sent in one put. */
  private static final int LARGE = 50_000_000;

  @TempDir Path temp;

  private final MemoryTransport bucket = new MemoryTransport();
  private final MemoryBudget memory = new HardMemoryBudget(64L << 20, 0);

  @FunctionalInterface
  private interface Writing {
    void to(StagedFile file) throws IOException;
  }

  @Test
  void aNewFileIsWhatWasWrittenAndZerosBetween() throws Exception {
    String id =
        left(
            null,
            file -> {
              StagingFixture.write(file, 3, "abc");
              file.truncate(8);
            });

    assertArrayEquals("\0\0\0abc\0\0".getBytes(StandardCharsets.UTF_8), copied(id));
    ObjectStat made = uploaded(id, KEY);
    assertEquals(8, made.size());
    assertArrayEquals("\0\0\0abc\0\0".getBytes(StandardCharsets.UTF_8), stored(KEY));
  }

  @Test
  void whatWasWrittenLiesOverTheBaseAsFarAsThatWasNeverCut() throws Exception {
    ObjectStat base = bucket.put(KEY, "0123456789");
    String id =
        left(
            base,
            file -> {
              StagingFixture.write(file, 2, "xx");
              file.truncate(6);
              file.truncate(9);
              StagingFixture.write(file, 8, "y");
              file.rekey("llama/renamed.bin");
            });

    assertArrayEquals("01xx45\0\0y".getBytes(StandardCharsets.UTF_8), copied(id));
    uploaded(id, "llama/renamed.bin");
    assertArrayEquals("01xx45\0\0y".getBytes(StandardCharsets.UTF_8), stored("llama/renamed.bin"));
    assertArrayEquals("0123456789".getBytes(StandardCharsets.UTF_8), stored(KEY));
  }

  @Test
  void aLargeFileIsUploadedInPartsAndWhatIsCleanIsCopiedInTheStore() throws Exception {
    byte[] content = new byte[LARGE];
    new Random(1).nextBytes(content);
    ObjectStat base = bucket.put(KEY, content);
    byte[] tail = "at the very end".getBytes(StandardCharsets.UTF_8);
    String id = left(base, file -> StagingFixture.write(file, LARGE - 5, tail));
    byte[] expected = Arrays.copyOf(content, LARGE - 5 + tail.length);
    System.arraycopy(tail, 0, expected, LARGE - 5, tail.length);
    assertArrayEquals(expected, copied(id));
    bucket.resetCounts();

    uploaded(id, KEY);

    assertEquals(2, bucket.count(Operation.COPY_PART));
    assertEquals(1, bucket.count(Operation.UPLOAD_PART));
    assertArrayEquals(expected, stored(KEY));
    assertEquals(0, memory.reserved());
  }

  @Test
  void aBaseThatIsAnotherVersionNowIsAnErrorAndLeavesNoFile() throws Exception {
    ObjectStat base = bucket.put(KEY, "0123456789");
    String id = left(base, file -> StagingFixture.write(file, 2, "xx"));
    bucket.put(KEY, "another one");

    assertFails("the version of " + KEY + " it changes is gone", () -> copied(id));
    assertFalse(Files.exists(temp.resolve(id)));
    assertFails(KEY + " is another version now", () -> uploaded(id, KEY));
    assertFails("is gone", () -> uploaded(id, "elsewhere"));
    assertArrayEquals("another one".getBytes(StandardCharsets.UTF_8), stored(KEY));
  }

  @Test
  void aBaseThatIsGoneIsNotNeededByAFileWrittenAllOver() throws Exception {
    ObjectStat base = bucket.put(KEY, "0123456789");
    String id = left(base, file -> StagingFixture.write(file, 0, "abcdefghij"));
    bucket.remove(KEY);

    uploaded(id, KEY);
    assertArrayEquals("abcdefghij".getBytes(StandardCharsets.UTF_8), stored(KEY));
  }

  @Test
  void whatIsNotWholeIsNotRecovered() throws Exception {
    String id =
        left(
            null,
            file -> {
              file.sent(new ByteRange(0, 100));
              StagingFixture.write(file, 100, "tail");
            });

    assertFails("100 bytes of it were in parts of an upload", () -> copied(id));
  }

  @Test
  void anotherBucketsFileIsRefused() throws Exception {
    Path folder = temp.resolve("staging");
    StagingArea area = StagingFixture.area(folder);
    StagedFile file = area.create(StagingFixture.NEW);
    StagingFixture.write(file, 0, "abc");
    area.close();

    assertFails("belongs to s3://store/models", () -> copied(file.id()));
  }

  @Test
  void aFileThatExistsIsNotOverwritten() throws Exception {
    String id = left(null, file -> StagingFixture.write(file, 0, "abc"));
    Files.writeString(temp.resolve(id), "mine");

    assertFails("exists; choose another file", () -> copied(id));
    assertEquals("mine", Files.readString(temp.resolve(id)));
  }

  @Test
  void onlyOneProcessRecoversAFileAndNoneThatIsOpenInAMount() throws Exception {
    Path folder = temp.resolve("staging");
    try (StagingArea area = StagingFixture.area(folder);
        StagedFile open = area.create(StagingFixture.NEW)) {
      assertFails("a mount has it open", () -> ClaimedLeftover.claim(folder, open.id()));
      assertFails("no staged file 00000000-1 is left", () -> claim("00000000-1"));
      assertFails("no staged file ../../etc is left", () -> claim("../../etc"));
    }
    String id = left(null, file -> StagingFixture.write(file, 0, "abc"));
    try (ClaimedLeftover claimed = claim(id)) {
      assertFails("another process is recovering it", () -> claim(id));
      claimed.discard();
    }
    assertTrue(Leftovers.in(folder).files().isEmpty());
    assertFails("no staged file " + id + " is left", () -> claim(id));
  }

  private ClaimedLeftover claim(String id) throws IOException {
    return ClaimedLeftover.claim(temp.resolve("staging"), id);
  }

  /** Writes to a staged file whose daemon then dies; returns its name. */
  private String left(@Nullable ObjectStat base, Writing writing) throws IOException {
    StagingArea area = StagingFixture.area(temp.resolve("staging"));
    StagedFile file =
        area.create(
            new StagedOrigin(
                bucket.location(),
                KEY,
                base == null ? null : base.id(),
                base == null ? 0 : base.size()));
    writing.to(file);
    area.close();
    return file.id();
  }

  private byte[] copied(String id) throws IOException, InterruptedException {
    Path output = temp.resolve(id);
    try (ClaimedLeftover claimed = claim(id)) {
      new Recovery(claimed, bucket, memory).copyTo(output);
    }
    return Files.readAllBytes(output);
  }

  private ObjectStat uploaded(String id, String key) throws IOException, InterruptedException {
    try (ClaimedLeftover claimed = claim(id)) {
      return new Recovery(claimed, bucket, memory).upload(key);
    }
  }

  private byte[] stored(String key) throws IOException {
    ObjectStat stat = bucket.head(key);
    ByteBuffer target = ByteBuffer.allocateDirect((int) stat.size());
    bucket.read(
        stat.id(), new ByteRange(0, stat.size()), new ByteBuffer[] {target}, ReadProgress.NONE);
    byte[] bytes = new byte[target.flip().remaining()];
    target.get(bytes);
    return bytes;
  }

  private static void assertFails(String expected, Executable call) {
    String message = String.valueOf(assertThrows(IOException.class, call).getMessage());
    assertTrue(message.contains(expected), message);
    assertEquals(1, message.lines().count(), message);
  }
}
