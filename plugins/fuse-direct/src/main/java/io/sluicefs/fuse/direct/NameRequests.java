// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import io.sluicefs.spi.fuse.AttributeChanges;
import io.sluicefs.spi.fuse.Attributes;
import io.sluicefs.spi.fuse.Caller;
import io.sluicefs.spi.fuse.CreatedFile;
import io.sluicefs.spi.fuse.Entry;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Requests about inodes and names: each decodes its structure, asks the file system, and fills the
 * reply.
 */
final class NameRequests {
  private static final System.Logger LOG = System.getLogger(NameRequests.class.getName());
  private static final int O_CREAT_EXCL_WRITE = 0100 | 0200 | 1;

  private final FuseOperations operations;
  private final Duration negativeTtl;

  NameRequests(FuseOperations operations, Duration negativeTtl) {
    this.operations = operations;
    this.negativeTtl = negativeTtl;
  }

  void lookup(Caller caller, Request request, Reply reply) throws FuseException {
    Entry entry = operations.lookup(caller, request.node(), request.nameAt(0, Errno.ENOENT));
    if (entry != null) {
      reply.putEntry(entry);
      return;
    }
    Duration now = operations.absenceTtl();
    Duration ttl = now == null ? negativeTtl : now;
    if (!ttl.isPositive()) {
      throw new FuseException(Errno.ENOENT);
    }
    reply.putAbsence(ttl);
  }

  void getattr(Caller caller, Request request, Reply reply) throws FuseException {
    reply.putAttributeReply(operations.getattr(caller, request.node()));
  }

  void setattr(Caller caller, Request request, Reply reply) throws FuseException {
    int valid = request.intAt(0);
    AttributeChanges changes =
        new AttributeChanges(
            (valid & Protocol.FATTR_MODE) == 0 ? null : request.intAt(68) & 07777,
            (valid & Protocol.FATTR_UID) == 0 ? null : request.intAt(76),
            (valid & Protocol.FATTR_GID) == 0 ? null : request.intAt(80),
            (valid & Protocol.FATTR_SIZE) == 0 ? null : request.positionAt(16),
            modified(valid, request));
    boolean nothing = changes.equals(new AttributeChanges(null, null, null, null, null));
    long handle = (valid & Protocol.FATTR_FH) == 0 ? 0 : request.longAt(8);
    if ((valid & Protocol.FATTR_KILL_PRIVILEGES) != 0) {
      Entry _ = operations.removePrivileges(caller, request.node());
    }
    // Access times are not kept: setting nothing else succeeds.
    reply.putAttributeReply(
        nothing
            ? operations.getattr(caller, request.node())
            : operations.setattr(caller, request.node(), handle, changes));
  }

  private static @Nullable Instant modified(int valid, Request request) throws FuseException {
    if ((valid & Protocol.FATTR_MTIME) == 0) {
      return null;
    }
    if ((valid & Protocol.FATTR_MTIME_NOW) != 0) {
      return Instant.now();
    }
    long seconds = request.longAt(40);
    int nanos = request.intAt(60);
    if (seconds < Instant.MIN.getEpochSecond()
        || seconds > Instant.MAX.getEpochSecond()
        || nanos < 0
        || nanos > 999_999_999) {
      throw new FuseException(Errno.EINVAL);
    }
    return Instant.ofEpochSecond(seconds, nanos);
  }

  void access(Caller caller, Request request) throws FuseException {
    operations.access(caller, request.node(), request.intAt(0));
  }

  void readlink(Caller caller, Request request, Reply reply) throws FuseException {
    reply.putBytes(operations.readlink(caller, request.node()).getBytes(StandardCharsets.UTF_8));
  }

  void create(Caller caller, Request request, Reply reply) throws FuseException {
    CreatedFile created =
        operations.create(
            caller,
            request.node(),
            request.nameAt(16, Errno.EINVAL),
            request.intAt(4),
            request.intAt(0));
    putCreated(created.entry(), created.file(), reply);
    if ((request.intAt(12) & Protocol.OPEN_KILL_PRIVILEGES) != 0) {
      // It may be a file somebody else made since Linux looked.
      Entry made = created.entry();
      Entry changed = operations.removePrivileges(caller, made.inode());
      reply.clear();
      putCreated(
          new Entry(
              changed.attributes(), made.generation(), made.entryTtl(), changed.attributeTtl()),
          created.file(),
          reply);
    }
  }

  private static void putCreated(Entry entry, OpenFile file, Reply reply) {
    reply.putEntry(entry);
    reply.putOpenFile(file);
  }

  /** Makes a regular file: one that is created and closed. There are no nodes of other kinds. */
  void mknod(Caller caller, Request request, Reply reply) throws FuseException {
    int mode = request.intAt(0);
    int type = mode & Attributes.TYPE_MASK;
    if (type != Attributes.REGULAR && type != 0) {
      throw new FuseException(Errno.EPERM);
    }
    CreatedFile created =
        operations.create(
            caller, request.node(), request.nameAt(16, Errno.EINVAL), mode, O_CREAT_EXCL_WRITE);
    reply.putEntry(created.entry());
    try {
      operations.flush(caller, created.file().handle());
    } finally {
      release(created.file().handle());
    }
  }

  private void release(long handle) {
    try {
      operations.release(handle);
    } catch (RuntimeException | Error e) {
      LOG.log(System.Logger.Level.ERROR, "release failed", e);
    }
  }

  void mkdir(Caller caller, Request request, Reply reply) throws FuseException {
    reply.putEntry(
        operations.mkdir(
            caller, request.node(), request.nameAt(8, Errno.EINVAL), request.intAt(0)));
  }

  void symlink(Caller caller, Request request, Reply reply) throws FuseException {
    String name = request.nameAt(0, Errno.EINVAL);
    String target = request.textAt(request.afterText(0), Errno.EINVAL);
    reply.putEntry(operations.symlink(caller, request.node(), name, target));
  }

  void link(Caller caller, Request request, Reply reply) throws FuseException {
    reply.putEntry(
        operations.link(
            caller, request.longAt(0), request.node(), request.nameAt(8, Errno.EINVAL)));
  }

  void unlink(Caller caller, Request request) throws FuseException {
    operations.unlink(caller, request.node(), request.nameAt(0, Errno.EINVAL));
  }

  void rmdir(Caller caller, Request request) throws FuseException {
    operations.rmdir(caller, request.node(), request.nameAt(0, Errno.EINVAL));
  }

  void rename(Caller caller, Request request) throws FuseException {
    rename(caller, request, 8, 0);
  }

  void rename2(Caller caller, Request request) throws FuseException {
    rename(caller, request, 16, request.intAt(8));
  }

  private void rename(Caller caller, Request request, int names, int flags) throws FuseException {
    String name = request.nameAt(names, Errno.EINVAL);
    String newName = request.nameAt(request.afterText(names), Errno.EINVAL);
    operations.rename(caller, request.node(), name, request.longAt(0), newName, flags);
  }

  void setxattr(Caller caller, Request request) throws FuseException {
    String name = request.nameAt(8, Errno.EINVAL);
    byte[] value = request.bytesAt(request.afterText(8), request.intAt(0));
    operations.setxattr(caller, request.node(), name, value, request.intAt(4));
  }

  void getxattr(Caller caller, Request request, Reply reply) throws FuseException {
    String name = request.nameAt(8, Errno.EINVAL);
    putSized(operations.getxattr(caller, request.node(), name), request.intAt(0), reply);
  }

  void listxattr(Caller caller, Request request, Reply reply) throws FuseException {
    StringBuilder names = new StringBuilder();
    for (String name : operations.listxattr(caller, request.node())) {
      names.append(name).append('\0');
    }
    putSized(names.toString().getBytes(StandardCharsets.UTF_8), request.intAt(0), reply);
  }

  /** Answers with bytes if they fit in {@code size}, or with their count if that is 0. */
  private static void putSized(byte[] bytes, int size, Reply reply) throws FuseException {
    if (size == 0) {
      reply.putInt(bytes.length);
      reply.putInt(0);
    } else if (bytes.length > (size & 0xffff_ffffL) || bytes.length > Reply.MAX_BODY) {
      throw new FuseException(Errno.ERANGE);
    } else {
      reply.putBytes(bytes);
    }
  }

  void removexattr(Caller caller, Request request) throws FuseException {
    operations.removexattr(caller, request.node(), request.nameAt(0, Errno.EINVAL));
  }
}
