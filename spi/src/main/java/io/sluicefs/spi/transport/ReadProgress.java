// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.transport;

/**
 * Hears how far a read has come, so that nobody waits for the end of a range whose start is there.
 */
@FunctionalInterface
public interface ReadProgress {
  /** Ignores progress. */
  ReadProgress NONE = bytes -> {};

  /**
   * Says that the first {@code bytes} bytes of the range are in the target and good. Called on the
   * reading thread, with growing values, the last one the range's length; must be quick and not
   * throw. The first may be 0: bytes came that are not known to be good yet.
   */
  void filled(long bytes);
}
