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

  /** The bit of a mode with which a program runs as the owner of its file. */
  public static final int SET_USER_ID = 04000;

  /** The bit of a mode with which a program runs as the group of its file. */
  public static final int SET_GROUP_ID = 02000;

  private static final int GROUP_EXECUTE = 0010;

  /** Returns whether the inode is a directory. */
  public boolean isDirectory() {
    return (mode & TYPE_MASK) == DIRECTORY;
  }

  /**
   * Returns the mode without what a file must not keep when somebody else changes it: set-user-ID,
   * and set-group-ID where the group may execute, which without that means nothing. A directory
   * keeps both.
   */
  public int modeWithoutPrivileges() {
    if (isDirectory()) {
      return mode;
    }
    int lost = (mode & GROUP_EXECUTE) == 0 ? SET_USER_ID : SET_USER_ID | SET_GROUP_ID;
    return mode & ~lost;
  }
}
