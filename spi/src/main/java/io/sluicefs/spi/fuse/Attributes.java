// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

import java.time.Instant;

/**
 * Attributes of an inode.
 *
 * @param inode its number
 * @param mode type and permission bits, as in {@code st_mode}
 * @param links number of links
 * @param uid owner
 * @param gid group
 * @param size in bytes
 * @param modified time of last modification; also given as change and access time
 */
public record Attributes(
    long inode, int mode, int links, int uid, int gid, long size, Instant modified) {
  /** Mask of the type bits of a mode. */
  public static final int TYPE_MASK = 0170000;

  /** Type bits of a directory. */
  public static final int DIRECTORY = 0040000;

  /** Type bits of a regular file. */
  public static final int REGULAR = 0100000;

  /** Type bits of a symbolic link. */
  public static final int SYMLINK = 0120000;

  /** Returns whether the inode is a directory. */
  public boolean isDirectory() {
    return (mode & TYPE_MASK) == DIRECTORY;
  }
}
