// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.sequential;

/** How much of what was planned for the streams of a handle was read; later streams plan by it. */
final class Yield {
  /** What lies further back than so many bytes counts half. */
  private static final long REMEMBERED = 256L << 20;

  private final long forgiven;
  private long used;
  private long wasted;

  /**
   * Creates a yield.
   *
   * @param forgiven bytes that are planned in vain before anything is planned less for it
   */
  Yield(long forgiven) {
    this.forgiven = forgiven;
  }

  /** Notes that a stream came so many bytes further. */
  void used(long bytes) {
    used += bytes;
    fade();
  }

  /**
   * Notes that a stream was left with so many bytes planned ahead of it; less than 0 if it went on
   * after all.
   */
  void wasted(long bytes) {
    wasted = Math.max(0, wasted + bytes);
    fade();
  }

  private void fade() {
    if (used + wasted > REMEMBERED) {
      used /= 2;
      wasted /= 2;
    }
  }

  /** Returns {@code bytes}, or less of them the more was planned in vain. */
  long of(long bytes) {
    if (wasted <= forgiven + used / 16) {
      return bytes;
    }
    return wasted <= forgiven + used / 4 ? bytes / 2 : bytes / 4;
  }
}
