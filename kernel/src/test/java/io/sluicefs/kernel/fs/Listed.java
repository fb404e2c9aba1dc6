// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import io.sluicefs.spi.fuse.DirectorySink;
import io.sluicefs.spi.fuse.Entry;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A reply to readdir that takes a given number of entries. */
final class Listed implements DirectorySink {
  private final int room;
  private final List<String> names = new ArrayList<>();
  private final List<Long> inodes = new ArrayList<>();
  private final List<Integer> types = new ArrayList<>();
  private final List<@Nullable Entry> entries = new ArrayList<>();
  private long nextOffset;

  Listed(int room) {
    this.room = room;
  }

  @Override
  public boolean add(String name, long inode, int type, long next) {
    return add(name, inode, type, null, next);
  }

  @Override
  public boolean add(String name, Entry entry, long next) {
    return add(name, entry.inode(), entry.attributes().mode() & 0170000, entry, next);
  }

  private boolean add(String name, long inode, int type, @Nullable Entry entry, long next) {
    if (names.size() == room) {
      return false;
    }
    names.add(name);
    inodes.add(inode);
    types.add(type);
    entries.add(entry);
    nextOffset = next;
    return true;
  }

  /** Moves the entries of another reply to the end of this one. */
  void take(Listed other) {
    names.addAll(other.names);
    inodes.addAll(other.inodes);
    types.addAll(other.types);
    entries.addAll(other.entries);
    nextOffset = other.nextOffset;
    other.names.clear();
    other.inodes.clear();
    other.types.clear();
    other.entries.clear();
  }

  List<String> names() {
    return names;
  }

  long inode(String name) {
    return inodes.get(names.indexOf(name));
  }

  int type(String name) {
    return types.get(names.indexOf(name));
  }

  List<@Nullable Entry> entries() {
    return entries;
  }

  long nextOffset() {
    return nextOffset;
  }
}
