// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LzmaCrc64Test {
  private static final int BYTES = 300_000;

  @Test
  void agreesWithTheTablesWhereTheHostHasIt() {
    LzmaCrc64 library = LzmaCrc64.find(Crc64.XZ::updateByTables);
    assumeTrue(library != null, "the host has no liblzma that is faster than tables");
    byte[] random = new byte[BYTES];
    new Random(7).nextBytes(random);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(BYTES);
      MemorySegment.copy(random, 0, bytes, ValueLayout.JAVA_BYTE, 0, BYTES);
      for (int offset = 0; offset < 70; offset++) {
        for (int length : new int[] {0, 1, 15, 16, 63, 64, 4096 + offset, BYTES - 100 - offset}) {
          MemorySegment part = bytes.asSlice(offset, length);
          assertEquals(
              Crc64.XZ.updateByTables(offset, part),
              library.update(offset, part),
              () -> "%d bytes at %d".formatted(part.byteSize(), part.address() & 63));
        }
      }
    }
  }

  @Test
  void aLibraryThatComputesSomethingElseIsNotUsed() {
    assertNull(LzmaCrc64.find((crc, bytes) -> Crc64.NVME.update(crc, bytes)));
  }

  @Test
  void bytesOnTheHeapHaveTheCrcOfBytesOutsideIt() {
    byte[] random = new byte[BYTES];
    new Random(8).nextBytes(random);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(BYTES);
      MemorySegment.copy(random, 0, bytes, ValueLayout.JAVA_BYTE, 0, BYTES);
      assertEquals(Crc64.XZ.update(0, bytes), Crc64.XZ.update(0, MemorySegment.ofArray(random)));
    }
  }
}
