// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.prefetch;

import io.sluicefs.spi.ByteRange;

/**
 * The planner of one open file handle: a pure function of the reads it has seen. The kernel calls
 * it from one thread at a time.
 */
public interface ReadAhead {
  /**
   * Returns what should be there or on its way after a read.
   *
   * @param justRead what the reader asked for, clamped to the object; not empty
   * @param budget bytes this handle may have planned beyond {@code justRead} at this moment; {@link
   *     Long#MAX_VALUE} when nothing limits it. A larger window is cut by the kernel, from its end.
   * @return the window; the same object as before when nothing changed, so that a steady reader
   *     allocates nothing
   */
  ReadAheadWindow next(ByteRange justRead, long budget);
}
