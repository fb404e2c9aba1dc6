// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import io.sluicefs.kernel.namespace.CapacityException;
import io.sluicefs.kernel.namespace.Inode;
import io.sluicefs.kernel.namespace.Namespace;
import io.sluicefs.kernel.write.FileWriters;
import io.sluicefs.kernel.write.StoredObject;
import io.sluicefs.kernel.write.WrittenFile;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.Transport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Renames files, links and directories: the store copies, then the former objects go. */
final class Renames {
  private static final System.Logger LOG = System.getLogger("io.sluicefs.kernel.fs");

  /** Flag of renameat2(2). Source: linux/fs.h. */
  private static final int RENAME_NOREPLACE = 1;

  private final Namespace namespace;
  private final Transport transport;
  private final FileWriters writers;
  private final NameChanges changes;
  private final Removals removals;
  private final DirectoryMoves directories;
  private final KeyClaims claims;
  private final ErrnoMapping errnos;

  Renames(
      Namespace namespace,
      Transport transport,
      FileWriters writers,
      NameChanges changes,
      Removals removals,
      DirectoryMoves directories,
      KeyClaims claims,
      ErrnoMapping errnos) {
    this.namespace = namespace;
    this.transport = transport;
    this.writers = writers;
    this.changes = changes;
    this.removals = removals;
    this.directories = directories;
    this.claims = claims;
    this.errnos = errnos;
  }

  void rename(Inode parent, String name, Inode newParent, String newName, int flags)
      throws FuseException {
    if ((flags & ~RENAME_NOREPLACE) != 0) {
      throw new FuseException(Errno.EINVAL);
    }
    KeyClaims.Keys both =
        () -> {
          List<String> keys = new ArrayList<>(Names.keysOf(parent, name));
          keys.addAll(Names.keysOf(newParent, newName));
          return keys;
        };
    try (KeyClaims.Claim claim = claims.claim(both)) {
      rename(claim.key(), parent, name, newParent, newName, (flags & RENAME_NOREPLACE) != 0);
    }
  }

  private void rename(
      String key, Inode parent, String name, Inode newParent, String newName, boolean mustBeNew)
      throws FuseException {
    try {
      Inode inode = namespace.lookup(parent, name);
      if (inode == null) {
        throw new FuseException(Errno.ENOENT);
      }
      try {
        rename(inode, newParent, newName, mustBeNew);
        namespace.changes().keepDirectory(parent);
      } finally {
        namespace.forget(inode, 1);
      }
    } catch (StorageException e) {
      throw errnos.ofName("rename", key, e);
    } catch (IOException e) {
      throw errnos.ofOpenFile("rename", key, e);
    } catch (CapacityException e) {
      throw errnos.ofLimit("rename", key, e);
    } catch (InterruptedException e) {
      throw ErrnoMapping.ofInterrupt();
    }
  }

  private void rename(Inode inode, Inode newParent, String newName, boolean mustBeNew)
      throws IOException, FuseException, InterruptedException {
    if (inode.parent() == newParent && inode.name().equals(newName)) {
      return;
    }
    String newKey = Names.keyOf(newParent, newName, inode.isDirectory());
    if (inode.isDirectory() && newParent.key().startsWith(inode.key())) {
      throw new FuseException(Errno.EINVAL);
    }
    if (!writers.copies()) {
      // Programs then copy and remove by themselves.
      throw new FuseException(Errno.EXDEV);
    }
    String newFileKey = newParent.key() + newName;
    removals.finish(newFileKey);
    if (!inode.isDirectory()) {
      // They would make the file seem to be a directory.
      removals.finishBelow(newFileKey + "/", Set.of());
    }
    boolean taken = !isFormerName(inode, newFileKey) && removals.takeOver(newFileKey);
    Inode replaced = replaced(newParent, newName);
    boolean done = false;
    try {
      boolean marked = replaced != null && replace(inode, replaced, mustBeNew);
      switch (inode.kind()) {
        case DIRECTORY -> directories.move(inode, newParent, newName, newKey, marked);
        case FILE -> moveFile(inode, newParent, newName, newKey, taken || replaced != null);
        case SYMLINK -> moveLink(inode, newParent, newName, newKey);
      }
      done = true;
    } finally {
      if (replaced != null) {
        if (replaced.content() instanceof WrittenFile written) {
          settle(written, done);
        }
        namespace.forget(replaced, 1);
      }
    }
  }

  private static boolean isFormerName(Inode inode, String key) {
    return inode.content() instanceof WrittenFile written && written.formerKeys().contains(key);
  }

  /** Ends the replacement of a file that is being written. */
  private void settle(WrittenFile replaced, boolean done) throws StorageException {
    replaced.decide(done);
    if (done) {
      removals.removeFormer(replaced.formerKeys());
    }
  }

  private @Nullable Inode replaced(Inode parent, String name) throws StorageException {
    return namespace.isAbsent(parent, name) ? null : namespace.lookup(parent, name);
  }

  /**
   * Makes way for an inode where another is.
   *
   * @return whether that is an empty directory whose marker stays until it is replaced
   */
  private boolean replace(Inode inode, Inode replaced, boolean mustBeNew)
      throws StorageException, FuseException, InterruptedException {
    if (mustBeNew) {
      throw new FuseException(Errno.EEXIST);
    }
    if (replaced.isDirectory() && !inode.isDirectory()) {
      throw new FuseException(Errno.EISDIR);
    }
    if (inode.isDirectory()) {
      return changes.hasMarkerOnly(replaced);
    }
    if (replaced.content() instanceof WrittenFile written) {
      written.holdBack();
    }
    return false;
  }

  private void moveFile(
      Inode inode, Inode newParent, String newName, String newKey, boolean replaces)
      throws IOException, InterruptedException {
    String key = inode.key();
    if (inode.content() instanceof WrittenFile written) {
      moveWritten(inode, written, newParent, newName, newKey, replaces);
      return;
    }
    Inode parent = inode.parent();
    String name = inode.name();
    ObjectStat former = namespace.stat(inode);
    ObjectStat copy = writers.copy(StoredObject.of(former), newKey);
    namespace.changes().moved(inode, newParent, newName, copy);
    try {
      transport.delete(List.of(key));
    } catch (StorageException e) {
      // Linux keeps the former name: it has to lead to what has it.
      namespace.changes().moved(inode, parent, name, former);
      giveUp(newKey, replaces, e);
      throw e;
    }
  }

  /**
   * Removes the copy of a rename that failed, unless it has replaced what was there, or nobody
   * knows whether the former object is gone: the copy may be all there is.
   */
  private void giveUp(String copy, boolean replaces, StorageException failure) {
    namespace.changes().reappeared(copy);
    if (replaces || failure.retryable() || failure.kind() == Kind.CANCELLED) {
      return;
    }
    try {
      transport.delete(List.of(copy));
    } catch (StorageException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "a rename failed, and its copy {0} could not be deleted: {1}",
          copy,
          e.getMessage());
    }
  }

  private void moveWritten(
      Inode inode,
      WrittenFile written,
      Inode newParent,
      String newName,
      String newKey,
      boolean replaces)
      throws IOException, InterruptedException {
    String key = inode.key();
    Inode parent = inode.parent();
    String name = inode.name();
    ObjectStat moved = written.rename(newKey, writers::copy);
    namespace.changes().moved(inode, newParent, newName, moved);
    removals.unreserve(newKey);
    if (moved != null) {
      try {
        transport.delete(List.of(key));
      } catch (StorageException e) {
        ObjectStat back = written.rename(key, writers::copy);
        namespace.changes().moved(inode, parent, name, back);
        giveUp(newKey, replaces, e);
        throw e;
      }
    } else if (replaces) {
      written.markReplaces();
    }
    if (written.formerKeys().contains(key)) {
      removals.reserve(key, written);
    }
  }

  private void moveLink(Inode inode, Inode newParent, String newName, String newKey)
      throws StorageException {
    String key = inode.key();
    String target = transport.readSymlink(key);
    ObjectStat made = transport.putSymlink(newKey, target, PutOptions.REPLACE);
    namespace.changes().moved(inode, newParent, newName, made);
    transport.delete(List.of(key));
  }
}
