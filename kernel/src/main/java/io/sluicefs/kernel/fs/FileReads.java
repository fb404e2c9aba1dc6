// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import io.sluicefs.kernel.namespace.Inode;
import io.sluicefs.kernel.namespace.Namespace;
import io.sluicefs.kernel.read.ObjectReaders;
import io.sluicefs.kernel.read.ReadSession;
import io.sluicefs.kernel.write.StoredObject;
import io.sluicefs.kernel.write.WrittenFile;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.ReadReply;
import java.io.IOException;

/** Reads from open files: what is being written from there, everything else by sessions. */
final class FileReads {
  private final Namespace namespace;
  private final ObjectReaders readers;
  private final ErrnoMapping errnos;

  FileReads(Namespace namespace, ObjectReaders readers, ErrnoMapping errnos) {
    this.namespace = namespace;
    this.readers = readers;
    this.errnos = errnos;
  }

  /** Gives a handle a session of the version its inode stands for. */
  @SuppressWarnings("MustBeClosedChecker") // the handle owns the session
  void openSession(FileHandle handle, StoredObject object, int changes) {
    handle.adopt(new HandleSession(readers.open(object.id(), object.size()), changes));
  }

  /** Returns whether pages the Linux kernel has of a version may stay when it is opened. */
  boolean trustsPages(ObjectId id) {
    return readers.trustsPages(id);
  }

  void read(FileHandle handle, long offset, int length, ReadReply reply) throws FuseException {
    check(offset, length);
    try {
      while (true) {
        int changes = handle.inode().changes();
        try {
          if (!readWritten(handle, offset, length, reply)) {
            readStored(handle, offset, length, reply);
          }
          return;
        } catch (StorageException e) {
          if (!isOutdated(e)) {
            throw e;
          }
          if (changes == handle.inode().changes()) {
            namespace.outdated(handle.inode());
            throw e;
          }
          // It was renamed or written meanwhile, through this mount: what there is now is its.
        }
      }
    } catch (IOException e) {
      throw errnos.ofRead(handle.inode().key(), e);
    } catch (InterruptedException e) {
      throw ErrnoMapping.ofInterrupt();
    }
  }

  private static boolean isOutdated(StorageException e) {
    return e.kind() == Kind.PRECONDITION_FAILED || e.kind() == Kind.NOT_FOUND;
  }

  /** Reads from a file that is being written; false if what is stored is to be read. */
  private boolean readWritten(FileHandle handle, long offset, int length, ReadReply reply)
      throws IOException, InterruptedException {
    if (!(handle.inode().content() instanceof WrittenFile written)) {
      return false;
    }
    int clamped = clamp(written.size(), offset, length);
    if (clamped == 0 || written.read(offset, clamped, reply)) {
      return true;
    }
    StoredObject base = written.base();
    if (base == null) {
      return false;
    }
    HandleSession session = handle.session();
    if (session == null || !session.session().id().equals(base.id())) {
      openSession(handle, base, -1);
    }
    readSession(handle, offset, clamped, reply);
    return true;
  }

  private void readStored(FileHandle handle, long offset, int length, ReadReply reply)
      throws StorageException {
    Inode inode = handle.inode();
    int changes = inode.changes();
    HandleSession session = handle.session();
    if (session == null || session.changes() != changes) {
      openSession(handle, new StoredObject(namespace.object(inode), inode.size()), changes);
    }
    readSession(handle, offset, length, reply);
  }

  private static void readSession(FileHandle handle, long offset, int length, ReadReply reply)
      throws StorageException {
    HandleSession session = handle.session();
    while (session != null && !session.tryUse()) {
      session = handle.session();
    }
    if (session == null) {
      throw new StorageException(Kind.CANCELLED, "the handle is closed");
    }
    try (HandleSession.Use _ = session.use()) {
      session.session().read(offset, length, reply);
    }
  }

  /** Reads if that needs no waiting; false, and nothing in the reply, if it does. */
  boolean readIfPresent(FileHandle handle, long offset, int length, ReadReply reply)
      throws FuseException {
    check(offset, length);
    HandleSession session = handle.session();
    if (handle.inode().content() != null
        || session == null
        || session.changes() != handle.inode().changes()
        || !session.tryUse()) {
      return false;
    }
    try (HandleSession.Use _ = session.use()) {
      ReadSession stored = session.session();
      return stored.readIfPresent(offset, clamp(stored.size(), offset, length), reply);
    } catch (StorageException e) {
      throw errnos.ofRead(handle.inode().key(), e);
    }
  }

  private static void check(long offset, int length) throws FuseException {
    if (offset < 0 || length < 0) {
      throw new FuseException(Errno.EINVAL);
    }
  }

  private static int clamp(long size, long offset, int length) {
    return (int) Math.max(0, Math.min(length, size - offset));
  }
}
