// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import io.sluicefs.spi.transport.TransportCapabilities;

/**
 * How large the parts of an upload are.
 *
 * <p>Where the size of the object is known, all parts have one size: the preferred one, or what the
 * store's number of parts needs. 10,000 parts of 5 GiB are 48.8 TiB, the largest object of S3 and
 * OSS.
 *
 * <p>A stream's size is not known. Its parts have the preferred size for the first {@value
 * #STEADY_PARTS} parts; then they grow with what was written, to a {@value #STEADY_PARTS}th of it,
 * until they reach the largest part. So a stream too comes to nearly the largest object, and the
 * memory its parts take stays a small share of its length.
 */
final class PartSizes {
  /** How many parts have the preferred size before they grow. */
  static final int STEADY_PARTS = 128;

  /** Parts are whole mebibytes, as the buffers they are in. */
  private static final long UNIT = 1 << 20;

  private final long preferred;
  private final long smallest;
  private final long largest;
  private final int count;

  /**
   * Creates the sizes of a mount.
   *
   * @param preferred size of parts as long as nothing asks for larger ones
   * @param most largest part memory allows
   */
  PartSizes(long preferred, long most, TransportCapabilities store) {
    this.smallest = Math.max(UNIT, roundUp(store.minPartSize()));
    this.largest = Math.max(smallest, Math.min(most, store.maxPartSize()) / UNIT * UNIT);
    this.preferred = Math.clamp(roundUp(preferred), smallest, largest);
    this.count = store.maxParts();
  }

  private static long roundUp(long bytes) {
    return (bytes + UNIT - 1) / UNIT * UNIT;
  }

  /** Returns the largest number a part has. */
  int count() {
    return count;
  }

  /** Returns the size parts have as long as nothing asks for larger ones. */
  long preferred() {
    return preferred;
  }

  /** Returns the smallest size of a part that is not the last. */
  long smallest() {
    return smallest;
  }

  /** Returns the largest size of a part. */
  long largest() {
    return largest;
  }

  /** Returns the size of a stream's part that starts at {@code offset}. */
  long streamed(long offset) {
    return Math.clamp(offset / STEADY_PARTS / UNIT * UNIT, preferred, largest);
  }

  /**
   * Returns the size of the parts of {@code bytes} whose end is known.
   *
   * @param wanted size unless there are too many
   * @param parts most parts they may take
   */
  long known(long bytes, long wanted, int parts) {
    long needed = roundUp((bytes + parts - 1) / Math.max(1, parts));
    return Math.max(Math.clamp(wanted, smallest, largest), needed);
  }

  /** Returns the largest object a stream makes. */
  long largestStream() {
    long offset = 0;
    for (int part = 0; part < count; part++) {
      offset += streamed(offset);
    }
    return offset;
  }
}
