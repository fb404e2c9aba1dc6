// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Crc64Test {
  /** The values are those of the catalogue of CRCs. */
  @Test
  void hasTheCheckValues() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment digits = segment(arena, "123456789".getBytes(StandardCharsets.US_ASCII));
      assertEquals(0x995dc9bbdf1939faL, Crc64.XZ.update(0, digits));
      assertEquals(0xae8b14860a799888L, Crc64.NVME.update(0, digits));
    }
  }

  @Test
  void ofNothingIsZero() {
    assertEquals(0, Crc64.XZ.of(new UploadBody(List.of())));
    assertEquals(0, Crc64.XZ.combine(0, 0, 0));
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        1, 7, 8, 9, 1000, 24575, 24576, 24577, 24583, 24599, 24600, 65535, 65536, 100_003, 1 << 20
      })
  void agreesWithTheDefinitionAtAnyLengthAndAlignment(int size) {
    byte[] bytes = new byte[size + 3];
    new Random(size).nextBytes(bytes);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment all = segment(arena, bytes);
      for (int offset : new int[] {0, 3}) {
        MemorySegment part = all.asSlice(offset, size);
        long xz = defined(0xC96C5795D7870F42L, bytes, offset, size);
        assertEquals(xz, Crc64.XZ.update(0, part), "offset " + offset);
        assertEquals(xz, Crc64.XZ.updateByTables(0, part), "by tables, offset " + offset);
        long nvme = defined(0x9A6C9329AC4BC9B5L, bytes, offset, size);
        assertEquals(nvme, Crc64.NVME.update(0, part), "offset " + offset);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 17, 4096, 65_537, 199_999, 200_000})
  void isTheSameWhereverTheBytesAreCut(int cut) {
    byte[] bytes = new byte[200_000];
    new Random(1).nextBytes(bytes);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment all = segment(arena, bytes);
      MemorySegment first = all.asSlice(0, cut);
      MemorySegment second = all.asSlice(cut);
      long whole = Crc64.XZ.update(0, all);
      assertEquals(whole, Crc64.XZ.of(new UploadBody(List.of(first, second))));
      assertEquals(
          whole,
          Crc64.XZ.combine(
              Crc64.XZ.update(0, first), Crc64.XZ.update(0, second), second.byteSize()));
    }
  }

  @Test
  void combinesLengthsBeyondMemory() {
    // A run of zeros whose length is the sum of two takes two steps or one.
    long first = 0x995dc9bbdf1939faL;
    long length = 5L << 30;
    long zeros = zeros(length);
    long once = Crc64.XZ.combine(first, zeros(2 * length), 2 * length);
    assertEquals(once, Crc64.XZ.combine(Crc64.XZ.combine(first, zeros, length), zeros, length));
  }

  /** The CRC of so many bytes of zero. */
  private static long zeros(long length) {
    if (length == 1) {
      try (Arena arena = Arena.ofConfined()) {
        return Crc64.XZ.update(0, arena.allocate(1));
      }
    }
    long half = zeros(length / 2);
    long even = Crc64.XZ.combine(half, half, length / 2);
    return length % 2 == 0 ? even : Crc64.XZ.combine(even, zeros(1), 1);
  }

  private static long defined(long polynomial, byte[] bytes, int offset, int length) {
    long crc = -1;
    for (int i = offset; i < offset + length; i++) {
      crc ^= bytes[i] & 255;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) != 0 ? (crc >>> 1) ^ polynomial : crc >>> 1;
      }
    }
    return ~crc;
  }

  private static MemorySegment segment(Arena arena, byte[] bytes) {
    MemorySegment segment = arena.allocate(bytes.length);
    MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return segment;
  }
}
