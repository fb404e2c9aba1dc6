// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.transport;

import java.lang.foreign.MemorySegment;

/**
 * A checksum of up to 64 bits that two runs of bytes have together if each has its own, as all CRCs
 * are. That of nothing is 0. Thread-safe.
 *
 * @since 1.4
 */
public interface RangeChecksum {
  /** Returns its name, for people: {@code CRC-64/XZ}. */
  String title();

  /**
   * Returns the checksum of some bytes.
   *
   * @param bytes in native memory, borrowed until the call returns
   */
  long of(MemorySegment bytes);

  /**
   * Returns the checksum of two runs of bytes, one after the other.
   *
   * @param first checksum of the first run
   * @param second checksum of the second run
   * @param secondLength bytes of the second run
   */
  long combine(long first, long second, long secondLength);
}
