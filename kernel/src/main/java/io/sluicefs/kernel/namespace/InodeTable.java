// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import java.util.Collection;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All inodes by number. An inode nobody holds any more stays among the idle, so that what is known
 * of it is not lost; when there are too many, those idle longest go and their numbers are not used
 * again. A child holds its parent, so that parents go last.
 */
final class InodeTable {
  private final int idleCapacity;
  private final int capacity;
  private final ListingMemory listings;
  private final SlotTable<Inode> slots;
  private final Queue<Inode> idle = new ConcurrentLinkedQueue<>();
  private final AtomicInteger idleCount = new AtomicInteger();
  private final Inode root;

  InodeTable(
      NamespaceOptions.Limits limits, ListingMemory listings, String prefix, Directory rootState) {
    this.capacity = Math.max(1, limits.inodes());
    this.idleCapacity = limits.idleInodes();
    this.listings = listings;
    this.slots = new SlotTable<>(capacity);
    Inode first =
        slots.add(
            number -> new Inode(number, null, prefix, FileKind.DIRECTORY, rootState, null, 0));
    if (first == null) {
      throw new AssertionError("an empty table has room");
    }
    this.root = first;
  }

  int[] uses() {
    return slots.uses();
  }

  /** Visits all, the root included. */
  void forEach(Consumer<Inode> visitor) {
    slots.forEach(visitor);
  }

  /** Makes this the table another one was, which had these inodes beside the root. */
  void restore(int[] uses, Collection<Inode> inodes) {
    slots.restore(uses, inodes);
    for (Inode inode : inodes) {
      if (inode.holds() == 0 && inode.markQueued()) {
        idle.add(inode);
        idleCount.incrementAndGet();
      }
    }
  }

  Inode root() {
    return root;
  }

  @Nullable Inode get(long number) {
    return slots.get(number);
  }

  int size() {
    return slots.size();
  }

  /** Makes an inode held once, which holds its parent; null if the table is full. */
  @Nullable Inode add(
      Inode parent,
      String name,
      FileKind kind,
      @Nullable Directory directory,
      @Nullable ObjectVersion version,
      long verified) {
    Inode made =
        slots.add(number -> new Inode(number, parent, name, kind, directory, version, verified));
    if (made != null && !parent.tryHold()) {
      slots.remove(made);
      throw new IllegalStateException(parent + " was given up while in use");
    }
    return made;
  }

  /** Takes back holds. The root is never given up. */
  void release(Inode inode, long count) {
    if (inode != root && inode.release(count) == 0 && inode.markQueued()) {
      idle.add(inode);
      if (idleCount.incrementAndGet() > idleCapacity) {
        evictOldest();
      }
    }
  }

  /** Gives up idle inodes, some or all; false if there were none. */
  boolean makeRoom() {
    int wanted = Math.max(1, capacity / 64);
    int gone = 0;
    while (gone < wanted && !idle.isEmpty()) {
      gone += evictOldest() ? 1 : 0;
    }
    return gone > 0;
  }

  private boolean evictOldest() {
    Inode oldest = idle.poll();
    if (oldest == null) {
      return false;
    }
    idleCount.decrementAndGet();
    oldest.markUnqueued();
    if (!oldest.tryKill()) {
      return false;
    }
    Inode parent = oldest.parent();
    parent.directory().children().remove(oldest);
    slots.remove(oldest);
    if (oldest.isDirectory()) {
      Listing listing = oldest.directory().listing();
      if (listing != null) {
        listings.drop(listing);
      }
    }
    release(parent, 1);
    return true;
  }
}
