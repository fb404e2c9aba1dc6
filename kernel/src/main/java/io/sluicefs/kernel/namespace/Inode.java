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
  private static final VarHandle CHANGES;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      HOLDS = lookup.findVarHandle(Inode.class, "holds", long.class);
      OPENS = lookup.findVarHandle(Inode.class, "opens", int.class);
      CHANGES = lookup.findVarHandle(Inode.class, "changes", int.class);
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

  /** Where it is since it was renamed; null if it never was. */
  private volatile @Nullable Place moved;

  /** What it holds while it is open for writing. */
  private volatile @Nullable LocalContent content;

  /** What was set by the mount and is not kept by the store. */
  private volatile @Nullable SetAttributes set;

  /** What it points to; null if it is no link or that is not known yet. */
  private volatile @Nullable String target;

  /** Grows whenever key or version change without another inode taking its place. */
  @SuppressWarnings("UnusedVariable") // written through CHANGES
  private volatile int changes;

  /** A name in a directory. */
  private record Place(Inode parent, String name) {}

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
    Place place = moved;
    if (place != null) {
      return place.parent;
    }
    return parent == null ? this : parent;
  }

  /** Returns its name in that directory. */
  public String name() {
    Place place = moved;
    return place == null ? name : place.name;
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
    LocalContent local = content;
    if (local != null) {
      return local.size();
    }
    ObjectVersion current = version;
    return current == null ? 0 : current.size();
  }

  /** Returns its key; that of a directory ends with a slash, or is the mount's prefix. */
  public String key() {
    Place place = moved;
    if (place != null) {
      return key(place.parent, place.name);
    }
    return parent == null ? name : key(parent, name);
  }

  private String key(Inode directoryOf, String last) {
    String key = directoryOf.key().concat(last);
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
    SetAttributes attributes = set;
    Long given = attributes == null ? null : attributes.modifiedMillis();
    if (given != null) {
      return given;
    }
    LocalContent local = content;
    if (local != null) {
      return local.modifiedMillis();
    }
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
  synchronized void verify(@Nullable ObjectVersion newest, long asOf) {
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

  /** Its object was stored from here: the same file in another version. */
  synchronized void publish(ObjectVersion stored, long asOf) {
    version = stored;
    verified = asOf;
    CHANGES.getAndAdd(this, 1);
  }

  /** Its name is another from now on; the caller has taken it out of its directory. */
  void move(Inode newParent, String newName) {
    moved = new Place(newParent, newName);
    CHANGES.getAndAdd(this, 1);
  }

  /** Returns what it points to, if it is a link and that is known. */
  @Nullable String target() {
    return target;
  }

  void setTarget(String linkTarget) {
    target = linkTarget;
  }

  /** Returns a number that is another whenever key or version changed. */
  public int changes() {
    return changes;
  }

  /** Returns what it holds while it is open for writing; null if it is not. */
  public @Nullable LocalContent content() {
    return content;
  }

  /** Sets what it holds while it is open for writing. */
  public void setContent(@Nullable LocalContent local) {
    content = local;
  }

  /** Returns what was set here and the store does not keep. */
  @Nullable SetAttributes setAttributes() {
    return set;
  }

  void setAttributes(@Nullable SetAttributes attributes) {
    set = attributes;
  }

  /** The name leads elsewhere, or nowhere. */
  void detach() {
    detached = true;
  }

  /** The name leads here. */
  void attach() {
    detached = false;
  }

  /** Returns whether its name leads elsewhere, or nowhere. */
  public boolean isDetached() {
    return detached;
  }

  /** Returns true if it was opened before: the page cache can hold nothing but this version. */
  public boolean markOpened() {
    boolean before = openedBefore;
    openedBefore = true;
    return before;
  }

  /** Returns whether a handle has it open. */
  public boolean isOpen() {
    return (int) OPENS.getVolatile(this) > 0;
  }

  void countOpen(int more) {
    OPENS.getAndAdd(this, more);
  }

  long holds() {
    return holds;
  }

  boolean wasOpened() {
    return openedBefore;
  }

  /** Takes the holds another process counted. */
  void restore(long count, boolean wasOpened) {
    holds = count;
    openedBefore = wasOpened;
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
