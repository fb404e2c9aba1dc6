// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import io.sluicefs.spi.fuse.Caller;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.MountOptions;
import io.sluicefs.spi.fuse.ReadReply;

/**
 * Answers requests, each with exactly one reply or, where Linux expects none, with none. What needs
 * no waiting is answered while its thread counts as a reader: reads of what is present, forgets,
 * interrupts. Before the rest the thread leaves the readers.
 */
final class Dispatcher {
  private static final System.Logger LOG = System.getLogger(Dispatcher.class.getName());

  /** Linux takes a larger errno for no reply at all. */
  private static final int MAX_ERRNO = 511;

  private static final int FORGET_SIZE = 16;
  private static final int ENOTCONN = 107;

  private final FuseOperations operations;
  private final Crew crew;
  private final NameRequests names;
  private final HandleRequests handles;
  private final EarlyInterrupts earlyInterrupts = new EarlyInterrupts();

  Dispatcher(FuseOperations operations, MountOptions options, Crew crew) {
    this.operations = operations;
    this.crew = crew;
    names = new NameRequests(operations, options.negativeTtl());
    handles = new HandleRequests(operations);
  }

  /** Answers the request a reader has read, and then what is queued. */
  void dispatch(ServingThread thread) {
    Request request = thread.request();
    if (!request.isWhole()) {
      sendError(thread, request.unique(), Errno.EPROTO);
      return;
    }
    if (answeredAtOnce(thread, request) || !crew.leave(thread)) {
      return;
    }
    answer(thread);
    for (QueuedRequest next = crew.rejoin(thread); next != null; next = crew.rejoin(thread)) {
      request.view(next.bytes(), next.length());
      answer(thread);
      crew.answered(next);
    }
  }

  private boolean answeredAtOnce(ServingThread thread, Request request) {
    int operation = request.operation();
    if (operation == Protocol.READ) {
      return readIfPresent(thread);
    }
    try {
      switch (operation) {
        case Protocol.FORGET -> forget(request.node(), request.longAt(0));
        case Protocol.BATCH_FORGET -> forgetAll(request);
        case Protocol.INTERRUPT -> interrupt(thread, request.longAt(0));
        case Protocol.NOTIFY_REPLY -> {}
        default -> {
          return false;
        }
      }
    } catch (FuseException e) {
      LOG.log(System.Logger.Level.WARNING, "request {0} is malformed", operation);
    }
    return true;
  }

  private void forgetAll(Request request) throws FuseException {
    int room = (request.length() - Protocol.REQUEST_HEADER - 8) / FORGET_SIZE;
    long count = request.intAt(0) & 0xffff_ffffL;
    if (count > room) {
      throw Request.malformed();
    }
    for (int i = 0; i < count; i++) {
      int at = 8 + i * FORGET_SIZE;
      forget(request.longAt(at), request.longAt(at + 8));
    }
  }

  private void forget(long inode, long count) {
    // The root is never looked up, and so never forgotten, whatever Linux counts.
    if (inode == FuseOperations.ROOT) {
      return;
    }
    try {
      operations.forget(inode, count);
    } catch (RuntimeException | Error e) {
      LOG.log(System.Logger.Level.ERROR, "forget failed", e);
    }
  }

  private void interrupt(ServingThread thread, long unique) {
    QueuedRequest queued = crew.dequeue(unique);
    if (queued != null) {
      sendError(thread, unique, Errno.EINTR);
      crew.answered(queued);
      return;
    }
    if (crew.interrupt(unique)) {
      return;
    }
    earlyInterrupts.add(unique);
    // It may have been begun between the two.
    if (crew.interrupt(unique)) {
      earlyInterrupts.remove(unique);
    }
  }

  private boolean readIfPresent(ServingThread thread) {
    Request request = thread.request();
    long unique = request.unique();
    try (ReadReply data = thread.readReply()) {
      int size = readSize(request);
      if (!operations.readIfPresent(
          thread.caller(), request.longAt(0), request.positionAt(8), size, data)) {
        return false;
      }
      send(thread, unique, size, data);
    } catch (Throwable e) {
      sendError(thread, unique, errno(Protocol.READ, e));
    }
    return true;
  }

  private void read(ServingThread thread) throws FuseException {
    Request request = thread.request();
    try (ReadReply data = thread.readReply()) {
      int size = readSize(request);
      operations.read(thread.caller(), request.longAt(0), request.positionAt(8), size, data);
      send(thread, request.unique(), size, data);
    }
  }

  private static int readSize(Request request) throws FuseException {
    int size = request.intAt(16);
    if (size < 0) {
      throw new FuseException(Errno.EINVAL);
    }
    return size;
  }

  private static void send(ServingThread thread, long unique, int size, ReadReply data) {
    if (data.length() > size) {
      throw new IllegalStateException(data.length() + " bytes for a read of " + size);
    }
    int sent = thread.reply().sendData(unique, data);
    if (sent < 0 && !isGone(sent)) {
      throw new IllegalStateException("Linux refused a reply: errno " + -sent);
    }
  }

  private void answer(ServingThread thread) {
    Request request = thread.request();
    Reply reply = thread.reply();
    int operation = request.operation();
    long unique = request.unique();
    reply.clear();
    thread.begin(unique);
    try {
      if (earlyInterrupts.remove(unique)) {
        thread.interruptIf(unique);
      }
      if (operation == Protocol.READ) {
        read(thread);
        return;
      }
      perform(operation, thread.caller(), request, thread);
      int sent = reply.send(unique);
      if (isGone(sent)) {
        takeBack(operation, reply);
      } else if (sent < 0) {
        throw new IllegalStateException("Linux refused a reply: errno " + -sent);
      }
    } catch (Throwable e) {
      int errno = errno(operation, e);
      takeBack(operation, reply);
      sendError(thread, unique, errno);
    } finally {
      thread.end();
    }
  }

  private void perform(int operation, Caller caller, Request request, ServingThread thread)
      throws FuseException {
    Reply reply = thread.reply();
    switch (operation) {
      case Protocol.LOOKUP -> names.lookup(caller, request, reply);
      case Protocol.GETATTR -> names.getattr(caller, request, reply);
      case Protocol.SETATTR -> names.setattr(caller, request, reply);
      case Protocol.READLINK -> names.readlink(caller, request, reply);
      case Protocol.SYMLINK -> names.symlink(caller, request, reply);
      case Protocol.MKNOD -> names.mknod(caller, request, reply);
      case Protocol.MKDIR -> names.mkdir(caller, request, reply);
      case Protocol.UNLINK -> names.unlink(caller, request);
      case Protocol.RMDIR -> names.rmdir(caller, request);
      case Protocol.RENAME -> names.rename(caller, request);
      case Protocol.RENAME2 -> names.rename2(caller, request);
      case Protocol.LINK -> names.link(caller, request, reply);
      case Protocol.SETXATTR -> names.setxattr(caller, request);
      case Protocol.GETXATTR -> names.getxattr(caller, request, reply);
      case Protocol.LISTXATTR -> names.listxattr(caller, request, reply);
      case Protocol.REMOVEXATTR -> names.removexattr(caller, request);
      case Protocol.ACCESS -> names.access(caller, request);
      case Protocol.CREATE -> names.create(caller, request, reply);
      case Protocol.OPEN -> handles.open(caller, request, reply);
      case Protocol.WRITE -> handles.write(caller, request, reply);
      case Protocol.FLUSH -> handles.flush(caller, request);
      case Protocol.RELEASE -> handles.release(request);
      case Protocol.FSYNC -> handles.fsync(caller, request);
      case Protocol.FALLOCATE -> handles.fallocate(caller, request);
      case Protocol.LSEEK -> handles.lseek(caller, request, reply);
      case Protocol.COPY_FILE_RANGE -> handles.copyFileRange(caller, request, reply);
      case Protocol.COPY_FILE_RANGE_64 -> handles.copyFileRange64(caller, request, reply);
      case Protocol.OPENDIR -> handles.opendir(caller, request, reply);
      case Protocol.READDIR -> handles.readdir(caller, request, thread);
      case Protocol.READDIRPLUS -> handles.readdirplus(caller, request, thread);
      case Protocol.RELEASEDIR -> handles.releasedir(request);
      case Protocol.STATFS -> handles.statfs(caller, reply);
      case Protocol.DESTROY -> {}
      case Protocol.IOCTL -> throw new FuseException(Errno.ENOTTY);
      // Linux then does without, or by itself: FSYNCDIR succeeds, STATX becomes GETATTR, locks
      // are its own, poll says ready; and asks no more.
      default -> throw new FuseException(Errno.ENOSYS);
    }
  }

  /** Returns whether nobody waits for a reply any more: taken back, or unmounted. */
  private static boolean isGone(int sent) {
    return sent == -Errno.ENOENT || sent == -Errno.ENODEV || sent == -ENOTCONN;
  }

  /** Takes back what a reply that reaches nobody hands out. */
  private void takeBack(int operation, Reply reply) {
    if (reply.length() == 0) {
      return;
    }
    try {
      switch (operation) {
        case Protocol.LOOKUP, Protocol.MKNOD, Protocol.MKDIR, Protocol.SYMLINK, Protocol.LINK ->
            forgetEntry(reply);
        case Protocol.CREATE -> {
          forgetEntry(reply);
          if (reply.length() > Reply.ENTRY_SIZE) {
            operations.release(reply.longAt(Reply.ENTRY_SIZE));
          }
        }
        case Protocol.OPEN -> operations.release(reply.longAt(0));
        case Protocol.OPENDIR -> operations.releasedir(reply.longAt(0));
        case Protocol.READDIRPLUS -> DirectoryReply.forget(reply, operations);
        default -> {}
      }
    } catch (RuntimeException | Error e) {
      LOG.log(System.Logger.Level.ERROR, "taking back an answer failed", e);
    }
    reply.clear();
  }

  private void forgetEntry(Reply reply) {
    long inode = reply.longAt(0);
    if (inode != 0) {
      operations.forget(inode, 1);
    }
  }

  private static void sendError(ServingThread thread, long unique, int errno) {
    int sent = thread.reply().sendError(unique, errno);
    if (sent < 0 && !isGone(sent)) {
      LOG.log(System.Logger.Level.ERROR, "Linux refused an error reply: errno {0}", -sent);
    }
  }

  private static int errno(int operation, Throwable e) {
    if (e instanceof FuseException known && known.errno() > 0 && known.errno() <= MAX_ERRNO) {
      return known.errno();
    }
    try {
      LOG.log(System.Logger.Level.ERROR, "FUSE request " + operation + " failed; answered EIO", e);
    } catch (Throwable logging) {
      e.addSuppressed(logging);
    }
    return Errno.EIO;
  }
}
