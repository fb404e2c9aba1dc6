// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.prefetch;

import io.sluicefs.spi.ByteRange;

/**
 * The planner of one open file handle: a pure function of the reads it has seen and of the bytes of
 * the object it was shown. The kernel calls it from one thread at a time.
 */
public interface ReadAhead {
  /**
   * Returns what should be there or on its way after a read.
   *
   * @param justRead what the reader asked for, clamped to the object; not empty
   * @param budget bytes this handle may have planned beyond {@code justRead} at this moment; {@link
   *     Long#MAX_VALUE} when nothing limits it. A larger window is cut by the kernel, from its end.
   *     A planner that expects reads to go back in the object keeps to half of it: a cache that has
   *     to give something up may take what lies behind the reader for read-ahead in vain
   * @return the window; the same object as before when nothing changed, so that a steady reader
   *     allocates nothing
   */
  ReadAheadWindow next(ByteRange justRead, long budget);

  /**
   * Returns whether the object is none this planner knows how to read ahead, as of the last {@link
   * #next}, whose window was empty then. The next planner that is configured is asked in its place.
   * All of them see every read, so a planner may abstain until it knows enough, or from some read
   * on. One that wants nothing read ahead returns an empty window and does not abstain.
   *
   * @since 1.1
   */
  default boolean abstains() {
    return false;
  }

  /**
   * Returns what it takes the reads for and why it plans what it plans, in a few words for an
   * operator: {@code 2 streams in order}. Called like {@link #next}.
   *
   * @since 1.2
   */
  default String describe() {
    return "";
  }
}
