// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import io.sluicefs.spi.fuse.Caller;
import io.sluicefs.spi.fuse.Entry;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;

/**
 * Requests about open files and directories: each decodes its structure, asks the file system, and
 * fills the reply.
 */
final class HandleRequests {
  private static final int O_CREAT_EXCL = 0100 | 0200;

  private final FuseOperations operations;

  HandleRequests(FuseOperations operations) {
    this.operations = operations;
  }

  void open(Caller caller, Request request, Reply reply) throws FuseException {
    int flags = request.intAt(0) & ~O_CREAT_EXCL;
    if ((request.intAt(4) & Protocol.OPEN_KILL_PRIVILEGES) != 0) {
      removePrivileges(caller, request.node());
    }
    reply.putOpenFile(opened(() -> operations.open(caller, request.node(), flags)));
  }

  void opendir(Caller caller, Request request, Reply reply) throws FuseException {
    reply.putOpenFile(opened(() -> operations.opendir(caller, request.node())));
  }

  @FunctionalInterface
  private interface Opening {
    OpenFile open() throws FuseException;
  }

  /** Opens; Linux would take ENOSYS for a success, then and for ever. */
  private static OpenFile opened(Opening opening) throws FuseException {
    try {
      return opening.open();
    } catch (FuseException e) {
      throw e.errno() == Errno.ENOSYS ? new FuseException(Errno.ENOTSUP) : e;
    }
  }

  private void removePrivileges(Caller caller, long inode) throws FuseException {
    Entry _ = operations.removePrivileges(caller, inode);
  }

  void write(Caller caller, Request request, Reply reply) throws FuseException {
    int size = request.intAt(16);
    if ((request.intAt(20) & Protocol.WRITE_KILL_PRIVILEGES) != 0) {
      removePrivileges(caller, request.node());
    }
    operations.write(
        caller,
        request.longAt(0),
        request.positionAt(8),
        request.dataAt(Protocol.WRITE_HEADER, size));
    reply.putInt(size);
    reply.putInt(0);
  }

  void flush(Caller caller, Request request) throws FuseException {
    operations.flush(caller, request.longAt(0));
  }

  void release(Request request) throws FuseException {
    operations.release(request.longAt(0));
  }

  void fsync(Caller caller, Request request) throws FuseException {
    operations.fsync(caller, request.longAt(0), (request.intAt(8) & Protocol.FSYNC_FDATASYNC) != 0);
  }

  void fallocate(Caller caller, Request request) throws FuseException {
    removePrivilegesUnlessRoot(caller, request.node());
    operations.fallocate(
        caller,
        request.longAt(0),
        request.intAt(24),
        request.positionAt(8),
        request.positionAt(16));
  }

  /** For requests with which Linux does not say whether the caller may keep them. */
  private void removePrivilegesUnlessRoot(Caller caller, long inode) throws FuseException {
    if (caller.uid() != 0) {
      removePrivileges(caller, inode);
    }
  }

  void lseek(Caller caller, Request request, Reply reply) throws FuseException {
    reply.putLong(
        operations.lseek(caller, request.longAt(0), request.positionAt(8), request.intAt(16)));
  }

  /** Copies as much as a count of 32 bits can say; Linux asks again for the rest. */
  void copyFileRange(Caller caller, Request request, Reply reply) throws FuseException {
    long most = Integer.MAX_VALUE & ~(Protocol.MAX_DATA - 1);
    reply.putInt((int) copy(caller, request, Math.min(request.positionAt(40), most)));
    reply.putInt(0);
  }

  void copyFileRange64(Caller caller, Request request, Reply reply) throws FuseException {
    reply.putLong(copy(caller, request, request.positionAt(40)));
  }

  private long copy(Caller caller, Request request, long length) throws FuseException {
    removePrivilegesUnlessRoot(caller, request.longAt(16));
    long copied =
        operations.copyFileRange(
            caller,
            request.longAt(0),
            request.positionAt(8),
            request.longAt(24),
            request.positionAt(32),
            length,
            (int) request.longAt(48));
    if (copied < 0 || copied > length) {
      throw new IllegalStateException(copied + " bytes for a copy of " + length);
    }
    return copied;
  }

  void readdir(Caller caller, Request request, ServingThread thread) throws FuseException {
    operations.readdir(
        caller,
        request.longAt(0),
        request.positionAt(8),
        thread.directoryReply().begin(false, request.intAt(16)));
  }

  void readdirplus(Caller caller, Request request, ServingThread thread) throws FuseException {
    operations.readdirplus(
        caller,
        request.longAt(0),
        request.positionAt(8),
        thread.directoryReply().begin(true, request.intAt(16)));
  }

  void releasedir(Request request) throws FuseException {
    operations.releasedir(request.longAt(0));
  }

  void statfs(Caller caller, Reply reply) throws FuseException {
    reply.putStats(operations.statfs(caller));
  }
}
