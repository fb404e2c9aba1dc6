// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The known inodes of one directory by name: an open-addressed table, four to eight bytes for each.
 * Its monitor is the directory's lock; callers hold it over several calls that belong together.
 */
final class Children {
  private static final int SMALLEST = 8;

  @GuardedBy("this")
  private @Nullable Inode[] table = new Inode[0];

  @GuardedBy("this")
  private int size;

  synchronized int size() {
    return size;
  }

  synchronized @Nullable Inode get(String name) {
    return size == 0 ? null : table[find(name)];
  }

  /** Returns all of them, as they are now. */
  synchronized List<Inode> all() {
    List<Inode> all = new ArrayList<>(size);
    for (Inode inode : table) {
      if (inode != null) {
        all.add(inode);
      }
    }
    return all;
  }

  /** Adds an inode, in place of another of that name if there is one. */
  synchronized void put(Inode inode) {
    if ((size + 1) * 4 > table.length * 3) {
      rehash(Math.max(SMALLEST, table.length * 2));
    }
    int at = find(inode.name());
    if (table[at] == null) {
      size++;
    }
    table[at] = inode;
  }

  /** Removes this very inode; false if its name leads elsewhere. */
  synchronized boolean remove(Inode inode) {
    if (size == 0) {
      return false;
    }
    int at = find(inode.name());
    if (table[at] != inode) {
      return false;
    }
    closeGap(at);
    size--;
    if (table.length > SMALLEST && size * 8 < table.length) {
      rehash(table.length / 2);
    }
    return true;
  }

  /** Moves up what would not be found any more if {@code gap} stayed empty. */
  @GuardedBy("this")
  private void closeGap(int gap) {
    int mask = table.length - 1;
    int hole = gap;
    int at = gap;
    while (true) {
      at = (at + 1) & mask;
      Inode moved = table[at];
      if (moved == null) {
        table[hole] = null;
        return;
      }
      int home = spread(moved.name()) & mask;
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        table[hole] = moved;
        hole = at;
      }
    }
  }

  /** Returns where a name is, or where it would go. */
  @GuardedBy("this")
  private int find(String name) {
    int mask = table.length - 1;
    int at = spread(name) & mask;
    for (Inode there = table[at]; there != null; there = table[at]) {
      if (there.name().equals(name)) {
        return at;
      }
      at = (at + 1) & mask;
    }
    return at;
  }

  @GuardedBy("this")
  private void rehash(int length) {
    @Nullable Inode[] old = table;
    table = new Inode[length];
    for (Inode inode : old) {
      if (inode != null) {
        table[find(inode.name())] = inode;
      }
    }
  }

  private static int spread(String name) {
    int hash = name.hashCode() * 0x9E3779B9;
    return hash ^ (hash >>> 15);
  }
}
