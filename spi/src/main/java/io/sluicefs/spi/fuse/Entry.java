// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

import java.time.Duration;

/**
 * A name found in a directory. Handing one to the Linux kernel adds one to the inode's lookup
 * count, which {@link FuseOperations#forget} takes back.
 *
 * @param attributes of the inode the name leads to
 * @param generation tells apart two uses of one inode number
 * @param entryTtl how long the name may be cached
 * @param attributeTtl how long the attributes may be cached
 */
public record Entry(
    Attributes attributes, long generation, Duration entryTtl, Duration attributeTtl) {
  /** Returns the inode's number. */
  public long inode() {
    return attributes.inode();
  }
}
