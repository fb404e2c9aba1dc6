// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import io.sluicefs.spi.StorageException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Loads some blocks of a read beside the thread that waits for all of them and that loads itself
 * what does not come of it.
 */
final class PartialLoad {
  private static final Logger LOGGER = System.getLogger(PartialLoad.class.getName());

  private PartialLoad() {}

  /** Starts to load {@code count} blocks on a thread of their own. */
  static void start(Attachment attachment, int index, int count) {
    attachment.retain();
    Thread.ofVirtual().name("partial-load").start(() -> load(attachment, index, count));
  }

  private static void load(Attachment attachment, int index, int count) {
    try {
      int _ = attachment.blocks().prefetch(index, count);
    } catch (StorageException | RuntimeException e) {
      LOGGER.log(Level.DEBUG, "the reader meets the same or succeeds", e);
    } finally {
      attachment.release();
    }
  }
}
