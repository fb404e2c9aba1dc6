// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.benchmarks.comparison;

import java.io.IOException;
import java.lang.foreign.Arena;

/**
 * The machine's free memory. A page that a virtual machine never wrote has no memory yet: its host
 * finds some when the page is first written, in the time and CPU of whoever does it. The page
 * caches of the systems measured first would grow into such pages, those of the later ones into
 * pages the first gave back. On one machine that made 2.5 CPU-seconds of 0.9 for a GiB.
 */
final class FreeMemory {
  private static final long PIECE = 256L << 20;

  private FreeMemory() {}

  /** Writes nearly all of it once and gives it back. */
  static void touch() throws IOException {
    long available = Machine.availableMemory();
    long left = available - available / 8;
    try (Arena arena = Arena.ofConfined()) {
      while (left >= PIECE) {
        // Memory of an arena comes zeroed, that is written.
        arena.allocate(PIECE);
        left -= PIECE;
      }
    }
  }
}
