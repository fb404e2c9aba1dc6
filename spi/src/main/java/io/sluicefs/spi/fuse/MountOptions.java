// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How to mount.
 *
 * @param mountpoint an existing directory
 * @param source shown as the device in {@code /proc/mounts}
 * @param readOnly mount with {@code ro}
 * @param allowOther let other users in; the kernel then checks permissions ({@code
 *     default_permissions})
 * @param entryTtl how long names may be cached, where a channel cannot say it per entry
 * @param attributeTtl how long attributes may be cached, where a channel cannot say it per entry
 * @param negativeTtl how long absent names may be cached, where a channel cannot say it per entry
 * @param maxReadAhead bytes the Linux kernel may read ahead
 * @param nonEmpty mount even over a directory that has entries, which are hidden meanwhile
 */
public record MountOptions(
    Path mountpoint,
    String source,
    boolean readOnly,
    boolean allowOther,
    Duration entryTtl,
    Duration attributeTtl,
    Duration negativeTtl,
    int maxReadAhead,
    boolean nonEmpty) {
  /** Creates options for an empty mountpoint. */
  public MountOptions(
      Path mountpoint,
      String source,
      boolean readOnly,
      boolean allowOther,
      Duration entryTtl,
      Duration attributeTtl,
      Duration negativeTtl,
      int maxReadAhead) {
    this(
        mountpoint,
        source,
        readOnly,
        allowOther,
        entryTtl,
        attributeTtl,
        negativeTtl,
        maxReadAhead,
        false);
  }
}
