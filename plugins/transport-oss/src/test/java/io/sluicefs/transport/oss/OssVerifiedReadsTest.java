// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.emulator.Emulator;
import io.sluicefs.emulator.EmulatorOptions;
import io.sluicefs.emulator.RequestKind;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.testkit.TestContext;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.StoredChecksum;
import io.sluicefs.spi.transport.Transport;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class OssVerifiedReadsTest {
  private static final String BUCKET = "models";
  private static final byte[] CONTENT = new byte[300_001];

  @SuppressWarnings("NullAway.Init") // set before all tests
  private static Emulator emulator;

  @BeforeAll
  static void start() throws Exception {
    emulator = Emulator.start(EmulatorOptions.defaults());
    emulator.store().createBucket(BUCKET);
    new Random(1).nextBytes(CONTENT);
    emulator.store().put(BUCKET, "key", CONTENT);
  }

  @AfterAll
  static void stop() {
    emulator.close();
  }

  @Test
  void aWholeObjectWithAFlippedBitIsCorruptAndNoneOfItIsAnnounced() throws Exception {
    try (Transport transport = open(true)) {
      emulator.faults().flipBits(RequestKind.GET, 1);
      List<Long> announced = new ArrayList<>();
      StorageException failure =
          assertThrows(
              StorageException.class, () -> read(transport, 0, CONTENT.length, announced::add));
      assertEquals(Kind.CORRUPT, failure.kind());
      String message = String.valueOf(failure.getMessage());
      assertTrue(message.contains("CRC-64"), message);
      assertTrue(message.contains(transport.head("key").id().etag()), message);
      assertEquals(List.of(), announced.stream().filter(bytes -> bytes != 0).toList());
    }
  }

  @Test
  void aWholeObjectIsAnnouncedOnceItIsVerified() throws Exception {
    try (Transport transport = open(true)) {
      List<Long> announced = new ArrayList<>();
      assertArrayEquals(CONTENT, read(transport, 0, CONTENT.length, announced::add));
      assertEquals(
          List.of((long) CONTENT.length), announced.stream().filter(bytes -> bytes != 0).toList());
    }
  }

  @Test
  void aPartOfAnObjectHasNoChecksumToCompareWith() throws Exception {
    try (Transport transport = open(true)) {
      for (int start : new int[] {0, 1}) {
        int end = CONTENT.length - 1 + start;
        byte[] part = Arrays.copyOfRange(CONTENT, start, end);
        assertArrayEquals(part, read(transport, start, end, ReadProgress.NONE));
        emulator.faults().flipBits(RequestKind.GET, 1);
        assertFalse(Arrays.equals(part, read(transport, start, end, ReadProgress.NONE)));
      }
    }
  }

  @Test
  void nothingIsComparedWhenThatIsSwitchedOff() throws Exception {
    try (Transport transport = open(false)) {
      emulator.faults().flipBits(RequestKind.GET, 1);
      assertFalse(Arrays.equals(CONTENT, read(transport, 0, CONTENT.length, ReadProgress.NONE)));
    }
  }

  @Test
  void theChecksumOfAVersionIsThatOfItsBytes() throws Exception {
    try (Transport transport = open(true);
        Arena arena = Arena.ofConfined()) {
      ObjectId id = transport.head("key").id();
      StoredChecksum kept = transport.checksum(id).orElseThrow();
      MemorySegment bytes = arena.allocate(CONTENT.length).copyFrom(MemorySegment.ofArray(CONTENT));
      assertEquals(CONTENT.length, kept.size());
      assertEquals(kept.value(), kept.algorithm().of(bytes));
      assertEquals(Optional.empty(), transport.checksum(new ObjectId("key", "another")));
    }
  }

  @MustBeClosed
  private static Transport open(boolean verifies) throws Exception {
    TestContext context =
        OssTransports.context(emulator.ossEndpoint().toString(), Map.of("path-style", "true"));
    return new OssTransportProvider().open(verifies ? context : context.withoutVerifiedReads());
  }

  /** Reads into two buffers, the first of an odd length. */
  private static byte[] read(Transport transport, int start, int end, ReadProgress progress)
      throws StorageException {
    ObjectStat stat = transport.head("key");
    ByteBuffer first = ByteBuffer.allocateDirect(99_999);
    ByteBuffer second = ByteBuffer.allocateDirect(end - start - first.capacity());
    transport.read(
        stat.id(), new ByteRange(start, end), new ByteBuffer[] {first, second}, progress);
    byte[] bytes = new byte[end - start];
    first.flip().get(bytes, 0, first.limit());
    second.flip().get(bytes, bytes.length - second.limit(), second.limit());
    return bytes;
  }
}
