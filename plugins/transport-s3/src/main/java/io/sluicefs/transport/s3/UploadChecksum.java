// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.Crc64;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.OptionalLong;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** What goes with a body so that the store finds out whether it arrived as it was sent. */
enum UploadChecksum {
  /** Of 64 bits, in tables: 2.9 GB/s, where the other does 50. */
  CRC64NVME(Long.BYTES),
  /** Of 32 bits, by an instruction of the processor. */
  CRC32C(Integer.BYTES),
  /** Nothing, for stores that refuse it. */
  NONE(0);

  /** Of CRC-32C; the lowest power is the highest bit. */
  private static final int POLYNOMIAL = 0x82F63B78;

  private static final long MAX_BUFFER = 1 << 30;

  private final int bytes;

  UploadChecksum(int bytes) {
    this.bytes = bytes;
  }

  /** Returns the header that carries it. */
  String header() {
    return this == CRC64NVME ? "x-amz-checksum-crc64nvme" : "x-amz-checksum-crc32c";
  }

  /** Returns the element of answers that tells it. */
  String element() {
    return this == CRC64NVME ? "ChecksumCRC64NVME" : "ChecksumCRC32C";
  }

  /** Returns a checksum in its form of headers if it is of all bytes; one of parts is no use. */
  static @Nullable String ofWhole(@Nullable String told) {
    return told == null || told.contains("-") ? null : told;
  }

  /** Returns a checksum from the form it has in headers; none if it is something else. */
  OptionalLong parse(String base64) {
    try {
      byte[] value = Base64.getDecoder().decode(base64);
      return value.length == bytes
          ? OptionalLong.of(new BigInteger(1, value).longValue())
          : OptionalLong.empty();
    } catch (IllegalArgumentException e) {
      return OptionalLong.empty();
    }
  }

  /** Computes the checksum of a body. */
  long of(UploadBody body) {
    return switch (this) {
      case CRC64NVME -> Crc64.NVME.of(body);
      case CRC32C -> crc32c(body);
      case NONE -> throw new IllegalStateException("no checksum is computed");
    };
  }

  private static long crc32c(UploadBody body) {
    CRC32C running = new CRC32C();
    for (MemorySegment segment : body.segments()) {
      for (long at = 0; at < segment.byteSize(); at += MAX_BUFFER) {
        long length = Math.min(MAX_BUFFER, segment.byteSize() - at);
        running.update(segment.asSlice(at, length).asByteBuffer());
      }
    }
    return running.getValue();
  }

  /** Returns the form a checksum has in headers. */
  String base64(long checksum) {
    byte[] value = new byte[bytes];
    ByteBuffer all = ByteBuffer.allocate(Long.BYTES).putLong(checksum);
    all.get(Long.BYTES - bytes, value);
    return Base64.getEncoder().encodeToString(value);
  }

  /** Returns the checksum of two runs of bytes one after the other. */
  long combine(long first, long second, long secondLength) {
    if (this == CRC64NVME) {
      return Crc64.NVME.combine(first, second, secondLength);
    }
    // CRCs are remainders of polynomials: the first run is shifted by the length of the second.
    int shift = 1 << 31;
    int power = shift >>> 8;
    for (long left = secondLength; left > 0; left >>>= 1) {
      if ((left & 1) != 0) {
        shift = multiply(power, shift);
      }
      power = multiply(power, power);
    }
    return Integer.toUnsignedLong(multiply(shift, (int) first)) ^ second;
  }

  /** Multiplies two polynomials, the highest bit the lowest power, modulo that of CRC-32C. */
  private static int multiply(int a, int b) {
    int product = 0;
    int shifted = b;
    for (int bit = 1 << 31; bit != 0; bit >>>= 1) {
      if ((a & bit) != 0) {
        product ^= shifted;
      }
      shifted = (shifted & 1) != 0 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1;
    }
    return product;
  }
}
