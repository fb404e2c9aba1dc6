// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The checksum of a whole object that the heads of answers tell.
 *
 * @param header the name of the header that has it, as an unsigned decimal number
 * @param crc what it is computed by
 */
public record ObjectChecksum(String header, Crc64 crc) {
  /** Returns what a head tells; null if that is nothing, or no such number. */
  @Nullable Long told(AnswerHead head) {
    String value = head.find(header);
    if (value == null) {
      return null;
    }
    try {
      return Long.parseUnsignedLong(value.strip());
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Returns the checksum of what is in memory, one segment after the other. */
  long of(MemorySegment[] bytes) {
    long sum = 0;
    for (MemorySegment segment : bytes) {
      sum = crc.update(sum, segment);
    }
    return sum;
  }
}
