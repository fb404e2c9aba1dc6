// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.OptionalLong;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/** What goes with a body so that the store finds out whether it arrived as it was sent. */
enum UploadChecksum {
  /** Of 64 bits, in tables: an eighth of the speed of the other. */
  CRC64NVME(Long.BYTES, Crc64Nvme.POLYNOMIAL),
  /** Of 32 bits, by an instruction of the processor. */
  CRC32C(Integer.BYTES, 0x82F63B78L),
  /** Nothing, for stores that refuse it. */
  NONE(0, 0);

  private static final long MAX_BUFFER = 1 << 30;

  private final int bytes;
  private final long polynomial;

  UploadChecksum(int bytes, long polynomial) {
    this.bytes = bytes;
    this.polynomial = polynomial;
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
    Checksum running =
        switch (this) {
          case CRC64NVME -> new Crc64Nvme();
          case CRC32C -> new CRC32C();
          case NONE -> throw new IllegalStateException("no checksum is computed");
        };
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
    // CRCs are remainders of polynomials: the first run is shifted by the length of the second.
    long shift = 1L << (bytes * 8 - 1);
    long power = shift >>> 8;
    for (long left = secondLength; left > 0; left >>>= 1) {
      if ((left & 1) != 0) {
        shift = multiply(power, shift);
      }
      power = multiply(power, power);
    }
    return multiply(shift, first) ^ second;
  }

  /** Multiplies two polynomials, the highest bit the lowest power, modulo that of the checksum. */
  private long multiply(long a, long b) {
    long product = 0;
    long shifted = b;
    for (long bit = 1L << (bytes * 8 - 1); bit != 0; bit >>>= 1) {
      if ((a & bit) != 0) {
        product ^= shifted;
      }
      shifted = (shifted & 1) != 0 ? (shifted >>> 1) ^ polynomial : shifted >>> 1;
    }
    return product;
  }
}
