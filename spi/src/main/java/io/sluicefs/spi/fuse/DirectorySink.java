// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

/** Takes directory entries until the reply is full. */
public interface DirectorySink {
  /**
   * Adds a name without a lookup.
   *
   * @param inode its number, 0 if it has none yet
   * @param type type bits of its mode, as in {@link Attributes#TYPE_MASK}
   * @param nextOffset where to go on after this entry
   * @return false if it did not fit; stop then
   */
  boolean add(String name, long inode, int type, long nextOffset);

  /**
   * Adds a name with its attributes. If it fits, and is not {@code .} or {@code ..}, the inode's
   * lookup count grows by one.
   *
   * @return false if it did not fit; stop then, nothing was counted
   */
  boolean add(String name, Entry entry, long nextOffset);
}
