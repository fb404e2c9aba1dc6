// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.fuse.OpenFile;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Whose pages Linux holds. Linux keeps the pages of a file by libfuse's number, which stands for a
 * path; the file system's inode stands for one version of what is there. So a file that is opened
 * while another inode is open at its path bypasses the page cache, and pages are kept at an open
 * only if they are known to be of the very inode.
 */
final class PageOwners {
  /**
   * Numbers remembered that no file is open at; for a forgotten one Linux drops its pages at the
   * next open.
   */
  private static final int MAX_IDLE = 10_000;

  private static final class Owner {
    final long inode;
    int open;

    Owner(long inode) {
      this.inode = inode;
    }
  }

  @GuardedBy("this")
  private final Map<Long, Owner> owners = new LinkedHashMap<>(16, 0.75f, true);

  /** Numbers of the handles whose reads go through the page cache. */
  @GuardedBy("this")
  private final Map<Long, Long> numbers = new HashMap<>();

  /** Returns how to answer the open of an inode at libfuse's number. */
  synchronized OpenFile opened(long number, long inode, OpenFile file) {
    if (file.directIo()) {
      return file;
    }
    Owner owner = owners.get(number);
    boolean same = owner != null && owner.inode == inode;
    if (owner != null && owner.open > 0 && !same) {
      // Bypasses the pages and leaves them to the handles they belong to.
      return new OpenFile(file.handle(), true, true);
    }
    if (owner == null || !same) {
      owner = new Owner(inode);
      owners.put(number, owner);
    }
    owner.open++;
    numbers.put(file.handle(), number);
    return new OpenFile(file.handle(), same && file.keepCache(), false);
  }

  /** Notes that a handle is closed. */
  synchronized void released(long handle) {
    Long number = numbers.remove(handle);
    Owner owner = number == null ? null : owners.get(number);
    if (owner != null) {
      owner.open--;
      forgetIdle();
    }
  }

  @GuardedBy("this")
  private void forgetIdle() {
    Iterator<Owner> eldest = owners.values().iterator();
    for (int excess = owners.size() - numbers.size() - MAX_IDLE; excess > 0 && eldest.hasNext(); ) {
      if (eldest.next().open == 0) {
        eldest.remove();
        excess--;
      }
    }
  }
}
