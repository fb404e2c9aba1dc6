// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class UploadChecksumTest {
  /** The check values of the catalogue of CRCs. */
  @ParameterizedTest
  @CsvSource({"CRC32C,e3069283,4waSgw==", "CRC64NVME,ae8b14860a799888,rosUhgp5mIg="})
  void computesTheKnownValue(UploadChecksum checksum, String value, String base64) {
    try (Arena arena = Arena.ofConfined()) {
      byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
      long computed = checksum.of(new UploadBody(List.of(segment(arena, digits, 0, 9))));
      assertEquals(Long.parseUnsignedLong(value, 16), computed);
      assertEquals(base64, checksum.base64(computed));
    }
  }

  @ParameterizedTest
  @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void combinesWhatSegmentsAndPartsAreCutInto(UploadChecksum checksum) {
    Random random = new Random(1);
    byte[] bytes = new byte[100_000];
    random.nextBytes(bytes);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment all = segment(arena, bytes, 0, bytes.length);
      long whole = checksum.of(new UploadBody(List.of(all)));
      for (int i = 0; i < 50; i++) {
        int cut = i == 0 ? 0 : random.nextInt(bytes.length);
        MemorySegment first = segment(arena, bytes, 0, cut);
        MemorySegment second = segment(arena, bytes, cut, bytes.length);
        assertEquals(whole, checksum.of(new UploadBody(List.of(first, second))));
        assertEquals(
            whole,
            checksum.combine(
                checksum.of(new UploadBody(List.of(first))),
                checksum.of(new UploadBody(List.of(second))),
                bytes.length - cut));
      }
    }
  }

  @Test
  void nothingHasAChecksumToo() {
    assertEquals("AAAAAA==", UploadChecksum.CRC32C.base64(UploadChecksum.CRC32C.of(empty())));
    assertEquals(
        "AAAAAAAAAAA=", UploadChecksum.CRC64NVME.base64(UploadChecksum.CRC64NVME.of(empty())));
  }

  private static UploadBody empty() {
    return new UploadBody(List.of());
  }

  private static MemorySegment segment(Arena arena, byte[] bytes, int from, int to) {
    MemorySegment segment = arena.allocate(to - from);
    MemorySegment.copy(bytes, from, segment, ValueLayout.JAVA_BYTE, 0, to - from);
    return segment;
  }
}
