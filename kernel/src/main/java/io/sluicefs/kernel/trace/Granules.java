// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.trace;

/**
 * The unit of traces: 64 KiB, so that reads of pages become few, and no block is larger by much.
 */
final class Granules {
  private static final int SHIFT = 16;

  /** Bytes of a granule. */
  static final long BYTES = 1L << SHIFT;

  /** Bytes whose granules can be numbered; no store has objects so large. */
  static final long LARGEST = (long) Integer.MAX_VALUE << SHIFT;

  private Granules() {}

  /** Returns the granule a byte is in. */
  static int of(long offset) {
    return (int) (offset >>> SHIFT);
  }

  /** Returns the granule after the last byte before {@code end}. */
  static int after(long end) {
    return (int) ((end + BYTES - 1) >>> SHIFT);
  }

  /** Returns the offset of a granule's first byte. */
  static long offset(int granule) {
    return (long) granule << SHIFT;
  }
}
