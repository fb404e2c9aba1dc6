// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.prefetch;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.SettingException;

/**
 * Plans what to read ahead. It never reads, waits or starts a thread: the kernel does. Thread-safe.
 */
public interface Prefetcher extends AutoCloseable {
  /** Returns the planner of one open file handle on an object of {@code size} bytes. */
  ReadAhead open(ObjectId id, long size);

  /**
   * As {@link #open(ObjectId, long)}, for a planner that looks at what is read. The kernel calls
   * this one.
   *
   * @param present what is in memory of the object; valid as long as the planner is asked
   * @since 1.1
   */
  default ReadAhead open(ObjectId id, long size, PresentBytes present) {
    return open(id, size);
  }

  /** Returns how the kernel is to carry out the plans of all handles together. */
  PrefetchLimits limits();

  /**
   * Goes by other settings from now on: in the planners opened afterwards, and in {@link #limits}.
   *
   * @param settings the plugin's section, in which nothing but {@linkplain
   *     io.sluicefs.spi.Setting#live live} settings has changed
   * @throws SettingException if they contradict each other; everything is as before then
   * @since 1.3
   */
  default void reconfigure(PluginSettings settings) throws SettingException {}

  /** Forgets everything. Idempotent. */
  @Override
  default void close() {}
}
