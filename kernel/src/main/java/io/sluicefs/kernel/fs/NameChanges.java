// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import io.sluicefs.kernel.namespace.CapacityException;
import io.sluicefs.kernel.namespace.FileKind;
import io.sluicefs.kernel.namespace.Inode;
import io.sluicefs.kernel.namespace.Namespace;
import io.sluicefs.kernel.write.WrittenFile;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.fuse.Caller;
import io.sluicefs.spi.fuse.CreatedFile;
import io.sluicefs.spi.fuse.Entry;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.OpenFile;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import io.sluicefs.spi.transport.Transport;
import io.sluicefs.spi.transport.TransportCapabilities.Feature;
import io.sluicefs.spi.transport.UploadBody;
import java.util.List;
import java.util.Set;

/**
 * Makes and removes names: files, directories and links. Linux lets one in at a time per directory.
 */
final class NameChanges {
  // Source: asm-generic/fcntl.h.
  private static final int O_EXCL = 0200;
  private static final int PERMISSION_BITS = 07777;

  private static final UploadBody NOTHING = new UploadBody(List.of());

  private final Namespace namespace;
  private final Transport transport;
  private final OpenFiles files;
  private final Removals removals;
  private final KeyClaims claims;
  private final ErrnoMapping errnos;

  NameChanges(
      Namespace namespace,
      Transport transport,
      OpenFiles files,
      Removals removals,
      KeyClaims claims,
      ErrnoMapping errnos) {
    this.namespace = namespace;
    this.transport = transport;
    this.files = files;
    this.removals = removals;
    this.claims = claims;
    this.errnos = errnos;
  }

  /** A request about names. */
  @FunctionalInterface
  interface Request<T> {
    T send() throws StorageException, FuseException;
  }

  private <T> T ask(String operation, String key, Request<T> request) throws FuseException {
    try {
      return request.send();
    } catch (StorageException e) {
      throw errnos.ofName(operation, key, e);
    } catch (CapacityException e) {
      throw errnos.ofLimit(operation, key, e);
    }
  }

  CreatedFile create(Caller caller, Inode parent, String name, int mode, int flags)
      throws FuseException {
    try (KeyClaims.Claim claim = claims.claim(() -> List.of(Names.keyOf(parent, name, false)))) {
      String key = claim.key();
      return ask("create", key, () -> createFile(caller, parent, name, key, mode, flags));
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // the last handle closes it
  private CreatedFile createFile(
      Caller caller, Inode parent, String name, String key, int mode, int flags)
      throws StorageException, FuseException {
    boolean exclusive = (flags & O_EXCL) != 0;
    while (true) {
      boolean replaces = freeForFile(key);
      if (!namespace.isAbsent(parent, name)) {
        if (exclusive) {
          throw new FuseException(Errno.EEXIST);
        }
        Inode known = namespace.lookup(parent, name);
        if (known == null) {
          continue;
        }
        try {
          return opened(known, flags & ~O_EXCL, caller);
        } catch (FuseException e) {
          if (e.errno() != Errno.ESTALE || !known.isDetached()) {
            throw e;
          }
          continue;
        }
      }
      WrittenFile written = files.start(key, exclusive && !replaces);
      if (replaces) {
        written.markReplaces();
      }
      Inode made = namespace.changes().create(parent, name, written);
      if (made != null) {
        written.describe(() -> namespace.metadata(made));
        if (namespace.keepsAttributes()) {
          namespace.setAttributes(made, mode & PERMISSION_BITS, caller.uid(), caller.gid(), null);
        }
        OpenFile file = files.openCreated(made, written, caller.pid());
        return new CreatedFile(namespace.entry(made), file);
      }
      written.close();
    }
  }

  private CreatedFile opened(Inode inode, int flags, Caller caller) throws FuseException {
    boolean done = false;
    try {
      if (inode.isDirectory()) {
        throw new FuseException(Errno.EISDIR);
      }
      OpenFile file = files.open(inode, flags, caller.pid());
      done = true;
      return new CreatedFile(namespace.entry(inode), file);
    } finally {
      if (!done) {
        namespace.forget(inode, 1);
      }
    }
  }

  /** As {@link #free}, for what is no directory: keys below would make it seem to be one. */
  private boolean freeForFile(String key) throws StorageException, FuseException {
    removals.finishBelow(key + "/", Set.of());
    return free(key);
  }

  /**
   * Makes sure that nothing that waits for removal is in the way.
   *
   * @return whether the store has an object there, which the new file replaces
   */
  private boolean free(String key) throws StorageException, FuseException {
    removals.finish(key);
    return removals.takeOver(key);
  }

  Entry makeDirectory(Inode parent, String name) throws FuseException {
    try (KeyClaims.Claim claim = claims.claim(() -> List.of(Names.keyOf(parent, name, true)))) {
      String key = claim.key();
      return ask(
          "mkdir",
          key,
          () -> {
            takeAbsent(parent, name, free(Names.keyOf(parent, name, false)));
            ObjectStat _ = transport.put(key, PutOptions.REPLACE, NOTHING);
            return namespace.entry(
                namespace.changes().made(parent, name, FileKind.DIRECTORY, null));
          });
    }
  }

  private void takeAbsent(Inode parent, String name, boolean replaces)
      throws StorageException, FuseException {
    if (replaces) {
      transport.delete(List.of(parent.key() + name));
    }
    if (!namespace.isAbsent(parent, name)) {
      throw new FuseException(Errno.EEXIST);
    }
  }

  Entry makeSymlink(Inode parent, String name, String target) throws FuseException {
    if (!transport.capabilities().has(Feature.SYMLINK)) {
      throw new FuseException(Errno.EPERM);
    }
    try (KeyClaims.Claim claim = claims.claim(() -> List.of(Names.keyOf(parent, name, false)))) {
      String key = claim.key();
      return ask("symlink", key, () -> makeSymlink(parent, name, key, target));
    }
  }

  private Entry makeSymlink(Inode parent, String name, String key, String target)
      throws StorageException, FuseException {
    takeAbsent(parent, name, freeForFile(key));
    try {
      ObjectStat made = transport.putSymlink(key, target, PutOptions.REPLACE);
      Inode link = namespace.changes().made(parent, name, FileKind.SYMLINK, made);
      namespace.setTarget(link, target);
      return namespace.entry(link);
    } catch (StorageException e) {
      if (e.kind() == Kind.INVALID_REQUEST) {
        throw new FuseException(Errno.ENAMETOOLONG);
      }
      throw e;
    }
  }

  void unlink(Inode parent, String name) throws FuseException {
    remove(
        "unlink",
        parent,
        name,
        inode -> {
          if (inode.isDirectory()) {
            throw new FuseException(Errno.EISDIR);
          }
          files.awaitClosing(inode);
          unlink(inode);
        });
  }

  private void unlink(Inode inode) throws StorageException, FuseException {
    try {
      removals.unlink(inode);
    } catch (InterruptedException e) {
      throw ErrnoMapping.ofInterrupt();
    }
  }

  void removeDirectory(Inode parent, String name) throws FuseException {
    remove("rmdir", parent, name, this::removeDirectory);
  }

  /** What removes an inode. */
  @FunctionalInterface
  private interface Removal {
    void of(Inode inode) throws StorageException, FuseException;
  }

  private void remove(String operation, Inode parent, String name, Removal removal)
      throws FuseException {
    try (KeyClaims.Claim claim = claims.claim(() -> Names.keysOf(parent, name))) {
      boolean _ = ask(operation, claim.key(), () -> remove(parent, name, removal));
    }
  }

  private boolean remove(Inode parent, String name, Removal removal)
      throws StorageException, FuseException {
    Inode inode = namespace.lookup(parent, name);
    if (inode == null) {
      throw new FuseException(Errno.ENOENT);
    }
    try {
      removal.of(inode);
      namespace.changes().keepDirectory(parent);
    } finally {
      namespace.forget(inode, 1);
    }
    return true;
  }

  /** Removes a directory that is empty. */
  private void removeDirectory(Inode inode) throws StorageException, FuseException {
    if (hasMarkerOnly(inode)) {
      transport.delete(List.of(inode.key()));
    }
    namespace.changes().removed(inode);
  }

  /**
   * Returns whether an empty directory has a marker.
   *
   * @throws FuseException ENOTEMPTY if it is not empty, ENOTDIR if it is no directory
   */
  boolean hasMarkerOnly(Inode inode) throws StorageException, FuseException {
    if (!inode.isDirectory()) {
      throw new FuseException(Errno.ENOTDIR);
    }
    if (!namespace.local(inode).isEmpty()) {
      throw new FuseException(Errno.ENOTEMPTY);
    }
    String key = inode.key();
    boolean marker = false;
    ListRequest request = new ListRequest(key, "", null, 100);
    while (true) {
      ListPage page = transport.list(request);
      for (ObjectStat stat : page.objects()) {
        if (stat.id().key().equals(key)) {
          marker = true;
        } else if (!removals.isWaiting(stat.id().key())) {
          throw new FuseException(Errno.ENOTEMPTY);
        }
      }
      String token = page.nextToken();
      if (token == null) {
        return marker;
      }
      request = request.after(token);
    }
  }
}
