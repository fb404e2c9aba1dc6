// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import io.sluicefs.spi.transport.ObjectStat;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What this mount changes in the tree of names. The store is told by others; here names lead where
 * they should from then on, whatever was believed of them before. Thread-safe.
 */
public final class LocalChanges {
  private final Namespace namespace;
  private final InodeTable inodes;
  private final ListingMemory listings;
  private final NegativeCache absent;
  private final NegativeCache justAbsent;
  private final HiddenKeys hidden;
  private final LongSupplier clock;

  LocalChanges(
      Namespace namespace,
      InodeTable inodes,
      ListingMemory listings,
      NegativeCache absent,
      NegativeCache justAbsent,
      HiddenKeys hidden,
      LongSupplier clock) {
    this.namespace = namespace;
    this.inodes = inodes;
    this.listings = listings;
    this.absent = absent;
    this.justAbsent = justAbsent;
    this.hidden = hidden;
    this.clock = clock;
  }

  /**
   * Adds a file the store does not have yet, held once for the caller.
   *
   * @return null if the name is taken here by now
   */
  public @Nullable Inode create(Inode parent, String name, LocalContent content) {
    Children children = parent.directory().children();
    long now = clock.getAsLong();
    Inode made;
    synchronized (children) {
      Inode known = children.get(name);
      if (known != null) {
        if (namespace.isFresh(known, now)) {
          return null;
        }
        children.remove(known);
        known.detach();
      }
      made =
          inodes.add(
              parent,
              name,
              FileKind.FILE,
              null,
              ObjectVersion.unstored(content.modifiedMillis()),
              now);
      if (made == null) {
        throw namespace.tooManyInodes();
      }
      made.setContent(content);
      children.put(made);
    }
    LocalNames local = parent.directory().localOrNew();
    local.add(made);
    local.changed(name, now);
    absent.remove(made.key());
    justAbsent.remove(made.key());
    return made;
  }

  /** Returns the inode of a directory or link that was just made, held once for the caller. */
  public Inode made(Inode parent, String name, FileKind kind, @Nullable ObjectStat stat) {
    long now = clock.getAsLong();
    parent.directory().localOrNew().changed(name, now);
    String key = parent.key().concat(name);
    absent.remove(key);
    justAbsent.remove(key);
    Children children = parent.directory().children();
    Inode before = children.get(name);
    if (before != null) {
      children.remove(before);
      before.detach();
    }
    return namespace.hold(parent, name, kind, stat == null ? null : ObjectVersion.of(stat), now);
  }

  /** A file's content was stored: what the store says from now on of its name is this. */
  public void published(Inode inode, ObjectStat stat) {
    long now = clock.getAsLong();
    inode.publish(ObjectVersion.of(stat), now);
    if (!inode.isDetached()) {
      LocalNames local = inode.parent().directory().localOrNew();
      local.changed(inode.name(), now);
      local.remove(inode);
    }
  }

  /** A name was removed. */
  public void removed(Inode inode) {
    long now = clock.getAsLong();
    Directory directory = inode.parent().directory();
    directory.children().remove(inode);
    inode.detach();
    LocalNames local = directory.localOrNew();
    boolean wasLocal = local.has(inode);
    local.remove(inode);
    local.changed(inode.name(), now);
    if (wasLocal && inode.isDirectory()) {
      inodes.release(inode, 1);
    }
    justAbsent.add(inode.key(), now);
  }

  /** A key leads nowhere from now on, although the store still has its object. */
  public void hide(String key) {
    hidden.add(key);
  }

  /** The store has no object any more that {@link #hide} hid. */
  public void unhide(String key) {
    distrustListings(inodes.root(), key);
    hidden.remove(key);
  }

  /** What was listed before is not believed of a key, nor of a directory above that was removed. */
  private void distrustListings(Inode directory, String key) {
    String path = key.substring(directory.key().length());
    int slash = path.indexOf('/');
    String name = slash < 0 ? path : path.substring(0, slash);
    Inode child = slash < 0 ? null : directory.directory().children().get(name);
    if (child != null && child.isDirectory()) {
      distrustListings(child, key);
    } else {
      directory.directory().localOrNew().changed(name, clock.getAsLong());
    }
  }

  /** A key counts as absent for the moment, whatever the store has there: it is replaced. */
  public void vanished(String key) {
    justAbsent.add(key, clock.getAsLong());
  }

  /** The store may have a key again that was said to be absent: it is asked. */
  public void reappeared(String key) {
    justAbsent.remove(key);
    distrustListings(inodes.root(), key);
  }

  /**
   * Keeps a directory that may have lost its last key, as programs expect of one they have not
   * removed.
   */
  public void keepDirectory(Inode inode) {
    if (inode == inodes.root() || inode.isDetached()) {
      return;
    }
    LocalNames local = inode.parent().directory().localOrNew();
    if (!local.has(inode) && inode.tryHold()) {
      local.add(inode);
    }
  }

  /**
   * An inode has another name from now on, in place of what had it.
   *
   * @param stored the object it stands for now; null for a directory, or a file that is not stored
   */
  public void moved(Inode inode, Inode newParent, String newName, @Nullable ObjectStat stored) {
    long now = clock.getAsLong();
    Inode oldParent = inode.parent();
    LocalNames from = oldParent.directory().localOrNew();
    boolean wasLocal = from.has(inode);
    from.remove(inode);
    from.changed(inode.name(), now);
    justAbsent.add(inode.key(), now);
    oldParent.directory().children().remove(inode);
    Inode replaced = newParent.directory().children().get(newName);
    if (replaced != null && replaced != inode) {
      removed(replaced);
    }
    if (oldParent != newParent && !newParent.tryHold()) {
      throw new IllegalStateException(newParent + " was given up while in use");
    }
    if (stored != null) {
      inode.publish(ObjectVersion.of(stored), now);
    }
    inode.move(newParent, newName);
    inode.attach();
    newParent.directory().children().put(inode);
    LocalNames to = newParent.directory().localOrNew();
    to.changed(newName, now);
    if (wasLocal || (stored == null && inode.content() != null)) {
      to.add(inode);
    }
    absent.remove(inode.key());
    justAbsent.remove(inode.key());
    if (oldParent != newParent) {
      inodes.release(oldParent, 1);
    }
  }

  /**
   * A directory has moved: what is known below it has other keys.
   *
   * @param objects the objects below it now
   * @param unstored files below it the store does not have under their new keys yet
   */
  public void rekeyed(Inode directory, List<ObjectStat> objects, List<Inode> unstored) {
    forgetListings(directory);
    for (Inode file : unstored) {
      file.parent().directory().localOrNew().add(file);
      for (Inode above = file; above != directory; ) {
        above = above.parent();
        keepDirectory(above);
      }
    }
    long now = clock.getAsLong();
    String prefix = directory.key();
    for (ObjectStat stat : objects) {
      Inode known = knownBelow(directory, stat.id().key().substring(prefix.length()));
      if (known != null && !known.isDirectory()) {
        known.publish(ObjectVersion.of(stat), now);
      }
    }
  }

  private void forgetListings(Inode directory) {
    Directory state = directory.directory();
    Listing listing = state.listing();
    if (listing != null && state.replace(listing, null)) {
      listings.drop(listing);
    }
    for (Inode child : state.children().all()) {
      if (child.isDirectory()) {
        forgetListings(child);
      }
    }
  }

  private static @Nullable Inode knownBelow(Inode directory, String path) {
    Inode at = directory;
    for (String name : path.split("/", -1)) {
      at = at == null || !at.isDirectory() ? null : at.directory().children().get(name);
    }
    return at;
  }
}
