// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.transport;

import java.util.Objects;

/**
 * The checksum a store keeps of all bytes of one version of an object.
 *
 * @param algorithm what computes it
 * @param value the checksum, in the low bits if it has less than 64
 * @param size of the object in bytes
 * @since 1.4
 */
public record StoredChecksum(RangeChecksum algorithm, long value, long size) {
  public StoredChecksum {
    Objects.requireNonNull(algorithm, "algorithm");
    if (size < 0) {
      throw new IllegalArgumentException("a size of " + size + " bytes");
    }
  }
}
