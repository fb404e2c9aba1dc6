// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cli;

import java.util.OptionalLong;

/**
 * How much of a file is in the page cache.
 *
 * @param size of the file in bytes
 * @param resident bytes of it in the page cache; absent if Linux does not tell this user
 * @param evicted bytes of it Linux remembers to have evicted; absent if it does not tell
 */
record Residency(long size, OptionalLong resident, OptionalLong evicted) {
  /** Nothing is known of the page cache. */
  static Residency unknown(long size) {
    return new Residency(size, OptionalLong.empty(), OptionalLong.empty());
  }

  boolean isComplete() {
    return resident.isPresent() && resident.getAsLong() >= size;
  }
}
