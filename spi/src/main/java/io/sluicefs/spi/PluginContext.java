// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What the kernel hands to a plugin when it opens it. Valid until the plugin is closed. A plugin
 * logs through {@link System#getLogger}, which the daemon routes to its own log.
 */
public interface PluginContext {
  /** Returns the plugin's section of the configuration, already checked against its descriptor. */
  PluginSettings settings();

  /** Returns the one budget all bulk memory of the process comes from. */
  MemoryBudget memory();

  /**
   * Returns where the mounted bucket is, as {@link io.sluicefs.spi.transport.Transport#location}
   * says it: what tells its objects from those of other buckets. The transport is opened beside the
   * other plugins, so a plugin asks when it is first used and not while it is opened.
   *
   * @throws IllegalStateException if the transport is not open yet, or there is none
   * @since 1.1
   */
  default String location() {
    throw new IllegalStateException("there is no transport");
  }

  /**
   * Returns where the plugin shows figures of its own.
   *
   * @since 1.2
   */
  default PluginMetrics metrics() {
    return PluginMetrics.NONE;
  }

  /**
   * Returns whether a transport compares what it reads with the checksums that come with answers,
   * as far as they cover what was read.
   *
   * @since 1.4
   */
  default boolean verifiesReads() {
    return true;
  }

  /**
   * Returns where the bucket is mounted; empty if it is not.
   *
   * @since 1.1
   */
  default Optional<Path> mountpoint() {
    return Optional.empty();
  }
}
