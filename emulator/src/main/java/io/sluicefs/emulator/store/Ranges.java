// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

/** Bounds of ranges. */
final class Ranges {
  private Ranges() {}

  static void check(long offset, long length, long size) {
    if (offset < 0 || length < 0 || offset > size - length) {
      throw new IndexOutOfBoundsException(
          length + " bytes at offset " + offset + " of a content of " + size + " bytes");
    }
  }
}
