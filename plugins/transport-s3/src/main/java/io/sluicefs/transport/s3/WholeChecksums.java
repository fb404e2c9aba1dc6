// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.Answer;
import io.sluicefs.http.Crc32;
import io.sluicefs.http.Crc64;
import io.sluicefs.spi.transport.RangeChecksum;
import io.sluicefs.spi.transport.StoredChecksum;
import java.math.BigInteger;
import java.util.Base64;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The checksums of whole objects that S3 keeps: CRC-64/NVME of all that came without another, else
 * the one it was sent with.
 *
 * <p>Source: "Checking object integrity in Amazon S3". A checksum of the checksums of parts ends
 * with their number, and says nothing of the whole; the hashes S3 keeps cannot be put together from
 * those of ranges.
 */
final class WholeChecksums {
  /** A checksum that may come with an answer. */
  private record Kind(String header, RangeChecksum algorithm, int bytes) {}

  /** Those the processor computes first. */
  private static final List<Kind> KINDS =
      List.of(
          new Kind("x-amz-checksum-crc32c", Crc32.CASTAGNOLI, Integer.BYTES),
          new Kind("x-amz-checksum-crc32", Crc32.ZIP, Integer.BYTES),
          new Kind("x-amz-checksum-crc64nvme", Crc64.NVME, Long.BYTES));

  private WholeChecksums() {}

  /** Returns what an answer tells of an object of a size; null if that is nothing. */
  static @Nullable StoredChecksum of(Answer answer, long size) {
    for (Kind kind : KINDS) {
      String told = answer.header(kind.header);
      OptionalLong value = told == null ? OptionalLong.empty() : parse(told, kind.bytes);
      if (value.isPresent()) {
        return new StoredChecksum(kind.algorithm, value.getAsLong(), size);
      }
    }
    return null;
  }

  /**
   * Returns a checksum from the form it has in headers; none if it is something else.
   *
   * @param bytes it has
   */
  static OptionalLong parse(String base64, int bytes) {
    try {
      byte[] value = Base64.getDecoder().decode(base64);
      return value.length == bytes
          ? OptionalLong.of(new BigInteger(1, value).longValue())
          : OptionalLong.empty();
    } catch (IllegalArgumentException e) {
      return OptionalLong.empty();
    }
  }
}
