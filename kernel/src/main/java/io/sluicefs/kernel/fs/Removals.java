// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.kernel.namespace.Inode;
import io.sluicefs.kernel.namespace.Namespace;
import io.sluicefs.kernel.write.WrittenFile;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.transport.Transport;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Removes objects whose names are gone. An object somebody still reads from goes when the last
 * handle is closed; one that a file was renamed from while it was written goes when the file is
 * stored under its new name. Until then their names lead nowhere. Thread-safe.
 */
final class Removals {
  private static final System.Logger LOG = System.getLogger("io.sluicefs.kernel.fs");

  /** An object that is to be removed. */
  private static final class Waiting {
    private final Inode inode;
    private final String key;

    @GuardedBy("this")
    private boolean ended;

    Waiting(Inode inode, String key) {
      this.inode = inode;
      this.key = key;
    }
  }

  private final Namespace namespace;
  private final Transport transport;

  /** Unlinked files that are open. */
  @GuardedBy("this")
  private final Map<Inode, Waiting> unlinked = new HashMap<>();

  /** Former keys of files that are not stored yet. */
  @GuardedBy("this")
  private final Map<String, WrittenFile> former = new HashMap<>();

  Removals(Namespace namespace, Transport transport) {
    this.namespace = namespace;
    this.transport = transport;
  }

  /**
   * Writes down what waits.
   *
   * @param files those that are written
   */
  synchronized void write(DataOutput to, List<WrittenFile> files) throws IOException {
    to.writeInt(unlinked.size());
    for (Waiting waiting : unlinked.values()) {
      to.writeLong(waiting.inode.number());
      to.writeUTF(waiting.key);
    }
    to.writeInt(former.size());
    for (Map.Entry<String, WrittenFile> key : former.entrySet()) {
      to.writeUTF(key.getKey());
      to.writeInt(files.indexOf(key.getValue()));
    }
  }

  /**
   * What waits, as another process has left it.
   *
   * @param unlinked keys by the inodes that were unlinked
   * @param former numbers of files that are written, by the keys they had before
   */
  record Left(Map<Inode, String> unlinked, Map<String, Integer> former) {
    /** Reads what {@link #write} wrote. */
    static Left read(DataInput from, Namespace namespace) throws IOException {
      Map<Inode, String> unlinked = new HashMap<>();
      for (int left = from.readInt(); left > 0; left--) {
        long number = from.readLong();
        String key = from.readUTF();
        Inode inode = namespace.inode(number);
        if (inode == null) {
          throw new IOException("inode " + number + " of " + key + " is missing");
        }
        unlinked.put(inode, key);
      }
      Map<String, Integer> former = new HashMap<>();
      for (int left = from.readInt(); left > 0; left--) {
        former.put(from.readUTF(), from.readInt());
      }
      return new Left(unlinked, former);
    }
  }

  /**
   * Goes on with what waits.
   *
   * @param files those that are written
   */
  synchronized void restore(Left left, List<WrittenFile> files) {
    left.unlinked().forEach((inode, key) -> unlinked.put(inode, new Waiting(inode, key)));
    left.former()
        .forEach(
            (key, index) -> {
              if (index >= 0 && index < files.size()) {
                former.put(key, files.get(index));
              }
            });
  }

  /** Removes a file's name and, as soon as nobody reads from it, its object. */
  void unlink(Inode inode) throws StorageException, InterruptedException {
    if (!(inode.content() instanceof WrittenFile written)) {
      unlink(inode, true, List.of());
      return;
    }
    boolean gone = false;
    written.holdBack();
    try {
      unlink(inode, written.isOccupied(), written.formerKeys());
      gone = true;
    } finally {
      written.decide(gone);
    }
  }

  private void unlink(Inode inode, boolean stored, List<String> formerKeys)
      throws StorageException {
    String key = inode.key();
    boolean waits = stored && inode.isOpen();
    List<String> keys = new ArrayList<>(formerKeys);
    if (stored && !waits) {
      keys.add(key);
    }
    // First: if it fails, the name is to lead where it did.
    removeFormer(keys);
    if (waits) {
      synchronized (this) {
        unlinked.put(inode, new Waiting(inode, key));
      }
      namespace.changes().hide(key);
    }
    namespace.changes().removed(inode);
    if (waits) {
      // The last handle may have been closed meanwhile.
      closed(inode);
    }
  }

  /** A handle of an inode was closed: what waited for that is removed. */
  void closed(Inode inode) {
    Waiting waiting;
    synchronized (this) {
      waiting = inode.isOpen() ? null : unlinked.get(inode);
    }
    if (waiting != null) {
      try {
        remove(waiting);
      } catch (StorageException e) {
        // Nobody will ask again: its name leads to it as before.
        end(waiting);
        LOG.log(
            System.Logger.Level.WARNING,
            "{0} was removed while it was open and could not be deleted: {1}",
            waiting.key,
            e.getMessage());
      }
    }
  }

  /**
   * Removes an object once, and returns when that is done, whoever does it: a deletion that is
   * still under way when its name is used again would delete what is stored there next.
   *
   * @throws StorageException if it could not be removed; it waits on
   */
  private void remove(Waiting waiting) throws StorageException {
    synchronized (waiting) {
      if (!waiting.ended) {
        transport.delete(List.of(waiting.key));
        end(waiting);
      }
    }
  }

  /** An object waits no more. */
  private void end(Waiting waiting) {
    synchronized (waiting) {
      if (waiting.ended) {
        return;
      }
      waiting.ended = true;
      // In this order: whoever finds nothing waiting may use the name.
      namespace.changes().unhide(waiting.key);
      synchronized (this) {
        unlinked.remove(waiting.inode);
      }
    }
  }

  /** Removes the object of an unlinked open file because its name is wanted again. */
  void finish(String key) throws StorageException {
    List<Waiting> ofKey;
    synchronized (this) {
      ofKey = unlinked.values().stream().filter(waiting -> waiting.key.equals(key)).toList();
    }
    for (Waiting waiting : ofKey) {
      remove(waiting);
    }
  }

  /**
   * Removes all that waits for that below the key of a directory, because its names are wanted
   * again.
   *
   * @param except former keys of files that get them back
   * @throws FuseException EBUSY if a file outside still needs one of the keys
   */
  void finishBelow(String prefix, Set<String> except) throws StorageException, FuseException {
    List<String> below = new ArrayList<>();
    synchronized (this) {
      unlinked.values().forEach(waiting -> below.add(waiting.key));
      below.addAll(former.keySet());
    }
    for (String key : below) {
      if (key.startsWith(prefix) && !except.contains(key)) {
        finish(key);
        if (takeOver(key)) {
          transport.delete(List.of(key));
        }
      }
    }
  }

  /** Returns whether a key's object waits for its removal. */
  synchronized boolean isWaiting(String key) {
    return former.containsKey(key)
        || unlinked.values().stream().anyMatch(waiting -> waiting.key.equals(key));
  }

  /** A file that is not stored yet had this key: it leads nowhere until the file is stored. */
  void reserve(String key, WrittenFile owner) {
    synchronized (this) {
      former.put(key, owner);
    }
    namespace.changes().hide(key);
  }

  /**
   * Sets a former key of another file free for a new one, which replaces the object that is there.
   *
   * @return whether there is such an object
   * @throws FuseException EBUSY if the other file still needs the key
   */
  boolean takeOver(String key) throws FuseException {
    WrittenFile owner;
    synchronized (this) {
      owner = former.get(key);
    }
    if (owner == null) {
      return false;
    }
    if (!owner.giveUpFormer(key)) {
      throw new FuseException(Errno.EBUSY);
    }
    unreserve(key);
    namespace.changes().vanished(key);
    return true;
  }

  /** A file has a key again that was reserved for it. */
  void unreserve(String key) {
    WrittenFile owner;
    synchronized (this) {
      owner = former.remove(key);
    }
    if (owner != null) {
      namespace.changes().unhide(key);
    }
  }

  /** Removes objects nothing leads to any more, and sets their names free. */
  void removeFormer(List<String> keys) throws StorageException {
    if (keys.isEmpty()) {
      return;
    }
    try {
      transport.delete(keys);
    } finally {
      for (String key : keys) {
        unreserve(key);
      }
    }
  }
}
