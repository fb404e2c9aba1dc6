// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

/**
 * Tells the Linux kernel that something it caches has changed behind its back. Thread-safe; a call
 * returns at once and is carried out later, on a thread that answers no requests, so it may be made
 * while a request is answered. Best effort: what is not cached is left alone, nothing is sent
 * before the session begins or once it ends, and when too much is asked at once the rest is
 * dropped. The times given with an {@link Entry} remain the bound on what programs may see.
 *
 * <p>Content cannot be dropped from the page cache: Linux would wait, uninterruptibly, for reads of
 * the file that are being answered, and a session that ends meanwhile could not end. An inode
 * stands for one version of a file, so nobody needs it; {@link OpenFile#keepCache} decides what an
 * open finds.
 */
public interface FuseNotifier {
  /** Returns one that does nothing, for channels that cannot notify. */
  static FuseNotifier none() {
    return new FuseNotifier() {
      @Override
      public void invalidateEntry(long parent, String name) {}

      @Override
      public void invalidateAttributes(long inode) {}
    };
  }

  /**
   * Makes Linux look a name up again, whether it was cached as there or as absent.
   *
   * @param parent inode number of the directory the name is in
   */
  void invalidateEntry(long parent, String name);

  /** Makes Linux ask for an inode's attributes again. Its pages stay. */
  void invalidateAttributes(long inode);
}
