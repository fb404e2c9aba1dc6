// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A directory, or one version of one object under one name. It lives while the Linux kernel counts
 * lookups of it, a handle has it open or a child is known, and for a while after.
 */
public final class Inode implements SlotTable.Numbered {
  private static final long DEAD = -1;
  private static final VarHandle HOLDS;
  private static final VarHandle OPENS;
  private static final VarHandle QUEUED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      HOLDS = lookup.findVarHandle(Inode.class, "holds", long.class);
      OPENS = lookup.findVarHandle(Inode.class, "opens", int.class);
      QUEUED = lookup.findVarHandle(Inode.class, "queued", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final long number;
  private final @Nullable Inode parent;
  private final String name;
  private final FileKind kind;
  private final @Nullable Directory directory;
  private volatile @Nullable ObjectVersion version;

  /** When the store last said that the name leads here. */
  private volatile long verified;

  private volatile long holds = 1;

  @SuppressWarnings("UnusedVariable") // written through OPENS
  private volatile int opens;

  /** Whether it waits among the idle; see {@link InodeTable}. */
  @SuppressWarnings("UnusedVariable") // written through QUEUED
  private volatile boolean queued;

  private volatile boolean detached;
  private volatile boolean openedBefore;

  Inode(
      long number,
      @Nullable Inode parent,
      String name,
      FileKind kind,
      @Nullable Directory directory,
      @Nullable ObjectVersion version,
      long verified) {
    this.number = number;
    this.parent = parent;
    this.name = name;
    this.kind = kind;
    this.directory = directory;
    this.version = version;
    this.verified = verified;
  }

  @Override
  public long number() {
    return number;
  }

  /** Returns the directory it is in; the root is in itself. */
  public Inode parent() {
    return parent == null ? this : parent;
  }

  /** Returns its name in that directory. */
  public String name() {
    return name;
  }

  /** Returns what it is. */
  public FileKind kind() {
    return kind;
  }

  /** Returns whether it is a directory. */
  public boolean isDirectory() {
    return directory != null;
  }

  /** Returns the size of the object in bytes; 0 for a directory. */
  public long size() {
    ObjectVersion current = version;
    return current == null ? 0 : current.size();
  }

  /** Returns its key; that of a directory ends with a slash, or is the mount's prefix. */
  public String key() {
    if (parent == null) {
      return name;
    }
    String key = parent.key().concat(name);
    return isDirectory() ? key.concat("/") : key;
  }

  Directory directory() {
    Directory state = directory;
    if (state == null) {
      throw new IllegalStateException(key() + " is no directory");
    }
    return state;
  }

  /** Returns the version of the object it stands for. */
  ObjectVersion version() {
    ObjectVersion current = version;
    if (current == null) {
      throw new IllegalStateException(key() + " is a directory");
    }
    return current;
  }

  @Nullable ObjectVersion versionOrNull() {
    return version;
  }

  long modifiedMillis() {
    ObjectVersion current = version;
    return current != null ? current.modifiedMillis() : directory().modifiedMillis(isOpen());
  }

  long verified() {
    return verified;
  }

  /** Returns whether it stands for the same bytes, or is a directory as well. */
  boolean isStill(FileKind otherKind, @Nullable ObjectVersion other) {
    ObjectVersion current = version;
    return kind == otherKind
        && ((current == null || other == null) ? current == other : current.hasBytesOf(other));
  }

  /** The store said at {@code asOf} that the name leads here; the time of the object may be new. */
  void verify(@Nullable ObjectVersion newest, long asOf) {
    if (asOf - verified > 0) {
      verified = asOf;
      ObjectVersion current = version;
      if (newest != null
          && current != null
          && newest.modifiedMillis() != current.modifiedMillis()) {
        version = newest;
      }
    }
  }

  /** The name leads elsewhere, or nowhere. */
  void detach() {
    detached = true;
  }

  boolean isDetached() {
    return detached;
  }

  /** Returns true if it was opened before: the page cache can hold nothing but this version. */
  public boolean markOpened() {
    boolean before = openedBefore;
    openedBefore = true;
    return before;
  }

  boolean isOpen() {
    return (int) OPENS.getVolatile(this) > 0;
  }

  void countOpen(int more) {
    OPENS.getAndAdd(this, more);
  }

  /** Counts a hold; false if it is given up already. */
  boolean tryHold() {
    while (true) {
      long now = holds;
      if (now == DEAD) {
        return false;
      }
      if (HOLDS.compareAndSet(this, now, now + 1)) {
        return true;
      }
    }
  }

  /** Takes holds back and returns how many are left. */
  long release(long count) {
    while (true) {
      long now = holds;
      if (now == DEAD) {
        return DEAD;
      }
      long left = Math.max(0, now - count);
      if (HOLDS.compareAndSet(this, now, left)) {
        return left;
      }
    }
  }

  /** Gives it up if nobody holds it. */
  boolean tryKill() {
    return HOLDS.compareAndSet(this, 0L, DEAD);
  }

  boolean markQueued() {
    return QUEUED.compareAndSet(this, false, true);
  }

  void markUnqueued() {
    queued = false;
  }

  @Override
  public String toString() {
    return number + " " + kind + " " + key();
  }
}
