// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.prefetch;

import java.nio.ByteBuffer;

/**
 * The bytes of one open object that are in memory at this moment, for planners that look into a
 * file: at the table of tensors at its head, at the directory at its end. Looking never loads and
 * never waits. What is not there is got by planning it: once it is in the window, a later {@link
 * ReadAhead#next} finds it, unless it was evicted in between.
 *
 * <p>The bytes are of the version the object was opened with, and never change. Whether they are
 * there depends on the reads of all handles and on the memory the caches have, so a planner must do
 * without them; what it learned from them it may keep, until it is closed, and for all handles of
 * the same {@link io.sluicefs.spi.ObjectId}.
 *
 * @since 1.1
 */
@FunctionalInterface
public interface PresentBytes {
  /** Nothing is there. */
  PresentBytes NONE = (offset, target) -> 0;

  /**
   * Copies bytes from {@code offset} on into {@code target}, up to the first that is not there, the
   * end of the object or the end of the target. May be called during {@link ReadAhead#next} only,
   * by its thread. It costs one look into the first cache for each of its blocks (128 KiB by
   * default) and the copy; the reader waits meanwhile, and so do other readers of the object, so
   * take what you need once and in pieces of at most some hundred KiB a call of {@code next}.
   *
   * @param offset of the first byte wanted, at least 0
   * @param target borrowed; its position is moved past what was copied
   * @return how many bytes were copied; 0 if the first is not there
   */
  int copy(long offset, ByteBuffer target);
}
