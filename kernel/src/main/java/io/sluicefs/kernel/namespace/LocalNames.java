// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;

/**
 * What this mount knows better than the store of the names of one directory: names the store does
 * not have yet, and when names changed last, so that a listing asked for before that is not
 * believed. Thread-safe.
 */
final class LocalNames {
  /** Changes remembered before the oldest go. */
  private static final int MAX_CHANGES = 10_000;

  /** Inodes whose names the store may not have, by name. */
  @GuardedBy("this")
  private final Map<String, Inode> present = new LinkedHashMap<>();

  /** When a name changed last, as of the namespace's clock. */
  @GuardedBy("this")
  private final Map<String, Long> changes = new HashMap<>();

  /** Everything asked for before this is not believed. */
  @GuardedBy("this")
  private long barrier;

  @GuardedBy("this")
  private boolean hasBarrier;

  synchronized void changed(String name, long now) {
    if (changes.size() >= MAX_CHANGES) {
      changes.clear();
      barrier = now;
      hasBarrier = true;
    }
    changes.put(name, now);
  }

  /** Returns whether what the store said of a name at {@code asOf} may be believed. */
  synchronized boolean believes(String name, long asOf) {
    Long change = changes.get(name);
    return (change == null || asOf - change > 0) && (!hasBarrier || asOf - barrier > 0);
  }

  synchronized void add(Inode inode) {
    present.put(inode.name(), inode);
  }

  synchronized void remove(Inode inode) {
    present.remove(inode.name(), inode);
  }

  synchronized boolean has(Inode inode) {
    return present.get(inode.name()) == inode;
  }

  synchronized void write(DataOutput to, long now) throws IOException {
    to.writeInt(present.size());
    for (Inode inode : present.values()) {
      to.writeLong(inode.number());
    }
    to.writeInt(changes.size());
    for (Map.Entry<String, Long> change : changes.entrySet()) {
      to.writeUTF(change.getKey());
      to.writeLong(now - change.getValue());
    }
    to.writeBoolean(hasBarrier);
    to.writeLong(hasBarrier ? now - barrier : 0);
  }

  synchronized void read(DataInput from, long now, LongFunction<Inode> inodes) throws IOException {
    for (int left = from.readInt(); left > 0; left--) {
      add(inodes.apply(from.readLong()));
    }
    for (int left = from.readInt(); left > 0; left--) {
      changes.put(from.readUTF(), now - from.readLong());
    }
    hasBarrier = from.readBoolean();
    barrier = now - from.readLong();
  }

  /** Returns the inodes the store may not have, as they are now. */
  synchronized List<Inode> present() {
    return List.copyOf(present.values());
  }
}
