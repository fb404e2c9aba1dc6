// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.fuse.AttributeChanges;
import io.sluicefs.spi.fuse.Caller;
import io.sluicefs.spi.fuse.CreatedFile;
import io.sluicefs.spi.fuse.Entry;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;
import io.sluicefs.spi.fuse.ReadReply;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jnr.ffi.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * libfuse's callbacks, which name files by path or by handle, on a file system that names them by
 * inode. Each answers 0 or a count, or a negated errno: what it throws would reach libfuse as 0, a
 * success that is none.
 */
final class PathCallbacks {
  private static final System.Logger LOG = System.getLogger(PathCallbacks.class.getName());
  private static final int MAX_ERRNO = 4095;
  private static final int O_CREAT = 0100;
  private static final int O_EXCL = 0200;
  private static final int O_TRUNC = 01000;

  private final FuseOperations operations;
  private final PathTable paths;
  private final OpenNodes openFiles = new OpenNodes();
  private final PageOwners pageOwners = new PageOwners();
  private final Map<Long, PathTable.Node> openDirectories = new ConcurrentHashMap<>();

  PathCallbacks(FuseOperations operations, PathTable paths) {
    this.operations = operations;
    this.paths = paths;
  }

  /** What a callback does; its result is the answer. */
  @FunctionalInterface
  private interface Action {
    int run(Caller caller) throws FuseException;
  }

  private static int answer(String operation, Action action) {
    try {
      return action.run(LoopThread.current().caller());
    } catch (Throwable e) {
      return failure(operation, e);
    }
  }

  private static int failure(String operation, Throwable e) {
    if (e instanceof FuseException known && known.errno() > 0 && known.errno() <= MAX_ERRNO) {
      return -known.errno();
    }
    try {
      LOG.log(System.Logger.Level.ERROR, operation + " failed; the answer is EIO", e);
    } catch (Throwable logging) {
      e.addSuppressed(logging);
    }
    return -Errno.EIO;
  }

  int getattr(String path, Pointer stat) {
    return answer(
        "getattr",
        caller -> {
          if (FuseRequest.operation(LoopThread.current().request()) == FuseRequest.LOOKUP) {
            lookup(caller, path, stat);
          } else {
            try (PathTable.Node node = paths.resolve(caller, path)) {
              putAttributes(caller, node, stat);
            }
          }
          return 0;
        });
  }

  private void lookup(Caller caller, String path, Pointer stat) throws FuseException {
    PathTable.Found found;
    try {
      found = paths.lookup(caller, path);
    } catch (FuseException e) {
      if (e.errno() == Errno.ENOENT) {
        // libfuse answers every ENOENT as one to be cached. This one must not be.
        LoopThread thread = LoopThread.current();
        thread.session().answer(FuseRequest.unique(thread.request()), Errno.ENOENT);
      }
      throw e;
    }
    if (found == null) {
      throw new FuseException(Errno.ENOENT);
    }
    try (PathTable.Node _ = found.node()) {
      NativeStructs.putStat(stat.address(), found.entry().attributes());
    }
  }

  int fgetattr(@Nullable String path, Pointer stat, Pointer info) {
    return answer(
        "fgetattr",
        caller -> {
          try (PathTable.Node node = openFile(info)) {
            putAttributes(caller, node, stat);
          }
          return 0;
        });
  }

  private void putAttributes(Caller caller, PathTable.Node node, Pointer stat)
      throws FuseException {
    Entry entry = operations.getattr(caller, node.inode());
    NativeStructs.putStat(stat.address(), entry.attributes());
  }

  int chmod(String path, long mode) {
    return setattr("chmod", path, new AttributeChanges((int) mode & 07777, null, null, null, null));
  }

  int chown(String path, long uid, long gid) {
    return setattr(
        "chown",
        path,
        new AttributeChanges(
            null,
            (int) uid == -1 ? null : (int) uid,
            (int) gid == -1 ? null : (int) gid,
            null,
            null));
  }

  int truncate(String path, long size) {
    return setattr("truncate", path, new AttributeChanges(null, null, null, size, null));
  }

  int utimens(String path, Pointer times) {
    Instant modified = NativeStructs.time(times.address() + 16);
    // Access times are not kept.
    return modified == null
        ? 0
        : setattr("utimens", path, new AttributeChanges(null, null, null, null, modified));
  }

  private int setattr(String operation, String path, AttributeChanges changes) {
    return answer(
        operation,
        caller -> {
          try (PathTable.Node node = paths.resolve(caller, path)) {
            operations.setattr(caller, node.inode(), 0, changes);
          }
          return 0;
        });
  }

  int ftruncate(@Nullable String path, long size, Pointer info) {
    return answer(
        "ftruncate",
        caller -> {
          try (PathTable.Node node = openFile(info)) {
            operations.setattr(
                caller,
                node.inode(),
                NativeStructs.handle(info.address()),
                new AttributeChanges(null, null, null, size, null));
          }
          return 0;
        });
  }

  int access(String path, int mask) {
    return answer(
        "access",
        caller -> {
          try (PathTable.Node node = paths.resolve(caller, path)) {
            operations.access(caller, node.inode(), mask);
          }
          return 0;
        });
  }

  int readlink(String path, Pointer buffer, long size) {
    return answer(
        "readlink",
        caller -> {
          try (PathTable.Node node = paths.resolve(caller, path)) {
            byte[] target =
                operations.readlink(caller, node.inode()).getBytes(StandardCharsets.UTF_8);
            int length = (int) Math.min(target.length, size - 1);
            NativeMemory.copyIn(target, length, buffer.address());
            NativeMemory.putByte(buffer.address() + length, (byte) 0);
          }
          return 0;
        });
  }

  @SuppressWarnings("MustBeClosedChecker") // an open file keeps its node until release
  int open(String path, Pointer info) {
    return answer(
        "open",
        caller -> {
          PathTable.Node node = paths.resolve(caller, path);
          try {
            int flags = NativeStructs.openFlags(info.address()) & ~(O_CREAT | O_EXCL);
            if ((flags & O_TRUNC) != 0 && caller.uid() != 0) {
              // With every other change Linux sees to it by itself.
              Entry _ = operations.removePrivileges(caller, node.inode());
            }
            OpenFile file = operations.open(caller, node.inode(), flags);
            long number = FuseRequest.node(LoopThread.current().request());
            openFiles.add(file.handle(), node, number);
            NativeStructs.putOpenFile(
                info.address(), pageOwners.opened(number, node.inode(), file));
            return 0;
          } catch (Throwable e) {
            node.close();
            throw e;
          }
        });
  }

  @SuppressWarnings("MustBeClosedChecker") // an open file keeps its node until release
  int create(String path, long mode, Pointer info) {
    return answer(
        "create",
        caller -> {
          try (PathTable.Node parent = paths.resolveParent(caller, path)) {
            CreatedFile created =
                operations.create(
                    caller,
                    parent.inode(),
                    PathTable.nameOf(path),
                    (int) mode,
                    NativeStructs.openFlags(info.address()));
            openFiles.add(
                created.file().handle(), paths.put(path, created.entry()), OpenNodes.UNKNOWN);
            NativeStructs.putOpenFile(info.address(), created.file());
          }
          return 0;
        });
  }

  int read(@Nullable String path, Pointer buffer, long size, long offset, Pointer info) {
    try {
      LoopThread thread = LoopThread.current();
      try (ReadReply reply = thread.reply()) {
        operations.read(
            thread.caller(), NativeStructs.handle(info.address()), offset, (int) size, reply);
        if (reply.length() > size) {
          throw new IllegalStateException(reply.length() + " bytes for a read of " + size);
        }
        long to = buffer.address();
        for (int i = 0; i < reply.count(); i++) {
          MemorySegment piece = reply.segment(i);
          NativeMemory.copyIn(piece, to);
          to += piece.byteSize();
        }
        return (int) reply.length();
      }
    } catch (Throwable e) {
      return failure("read", e);
    }
  }

  int write(@Nullable String path, Pointer buffer, long size, long offset, Pointer info) {
    try {
      LoopThread thread = LoopThread.current();
      long handle = NativeStructs.handle(info.address());
      openFiles.learn(handle, FuseRequest.node(thread.request()));
      operations.write(
          thread.caller(),
          handle,
          offset,
          NativeMemory.segment(buffer.address(), size).asReadOnly());
      return (int) size;
    } catch (Throwable e) {
      return failure("write", e);
    }
  }

  int flush(@Nullable String path, Pointer info) {
    return answer(
        "flush",
        caller -> {
          long handle = NativeStructs.handle(info.address());
          openFiles.learn(handle, FuseRequest.node(LoopThread.current().request()));
          operations.flush(caller, handle);
          return 0;
        });
  }

  int fsync(@Nullable String path, int dataOnly, Pointer info) {
    return answer(
        "fsync",
        caller -> {
          operations.fsync(caller, NativeStructs.handle(info.address()), dataOnly != 0);
          return 0;
        });
  }

  int fallocate(@Nullable String path, int mode, long offset, long length, Pointer info) {
    return answer(
        "fallocate",
        caller -> {
          operations.fallocate(caller, NativeStructs.handle(info.address()), mode, offset, length);
          return 0;
        });
  }

  int release(@Nullable String path, Pointer info) {
    return answer(
        "release",
        caller -> {
          long handle = NativeStructs.handle(info.address());
          pageOwners.released(handle);
          try (PathTable.Node _ = openFiles.remove(handle)) {
            operations.release(handle);
          }
          return 0;
        });
  }

  @SuppressWarnings("MustBeClosedChecker") // an open directory keeps its node until release
  int opendir(String path, Pointer info) {
    return answer(
        "opendir",
        caller -> {
          PathTable.Node node = paths.resolve(caller, path);
          try {
            OpenFile directory = operations.opendir(caller, node.inode());
            openDirectories.put(directory.handle(), node);
            NativeStructs.putOpenFile(info.address(), directory);
            return 0;
          } catch (Throwable e) {
            node.close();
            throw e;
          }
        });
  }

  int readdir(@Nullable String path, Pointer buffer, Pointer filler, long offset, Pointer info) {
    return answer(
        "readdir",
        caller -> {
          DirectoryBuffer sink =
              LoopThread.current().directoryBuffer().to(filler.address(), buffer.address());
          operations.readdir(caller, NativeStructs.handle(info.address()), offset, sink);
          return 0;
        });
  }

  int releasedir(@Nullable String path, Pointer info) {
    return answer(
        "releasedir",
        caller -> {
          long handle = NativeStructs.handle(info.address());
          try (PathTable.Node _ = openDirectories.remove(handle)) {
            operations.releasedir(handle);
          }
          return 0;
        });
  }

  int statfs(String path, Pointer statvfs) {
    return answer(
        "statfs",
        caller -> {
          NativeStructs.putStatvfs(statvfs.address(), operations.statfs(caller));
          return 0;
        });
  }

  int mkdir(String path, long mode) {
    return answer(
        "mkdir",
        caller -> {
          try (PathTable.Node parent = paths.resolveParent(caller, path)) {
            Entry entry =
                operations.mkdir(caller, parent.inode(), PathTable.nameOf(path), (int) mode);
            paths.add(path, entry);
          }
          return 0;
        });
  }

  int symlink(String target, String path) {
    return answer(
        "symlink",
        caller -> {
          try (PathTable.Node parent = paths.resolveParent(caller, path)) {
            Entry entry =
                operations.symlink(caller, parent.inode(), PathTable.nameOf(path), target);
            paths.add(path, entry);
          }
          return 0;
        });
  }

  int unlink(String path) {
    return answer(
        "unlink",
        caller -> {
          try (PathTable.Node parent = paths.resolveParent(caller, path)) {
            operations.unlink(caller, parent.inode(), PathTable.nameOf(path));
          }
          paths.remove(path);
          return 0;
        });
  }

  int rmdir(String path) {
    return answer(
        "rmdir",
        caller -> {
          try (PathTable.Node parent = paths.resolveParent(caller, path)) {
            operations.rmdir(caller, parent.inode(), PathTable.nameOf(path));
          }
          paths.remove(path);
          return 0;
        });
  }

  int rename(String path, String newPath) {
    return answer(
        "rename",
        caller -> {
          try (PathTable.Node parent = paths.resolveParent(caller, path);
              PathTable.Node newParent = paths.resolveParent(caller, newPath)) {
            operations.rename(
                caller,
                parent.inode(),
                PathTable.nameOf(path),
                newParent.inode(),
                PathTable.nameOf(newPath),
                0);
          }
          paths.remove(path);
          paths.remove(newPath);
          return 0;
        });
  }

  int listxattr(String path, Pointer buffer, long size) {
    return answer(
        "listxattr",
        caller -> {
          try (PathTable.Node node = paths.resolve(caller, path)) {
            List<String> names = operations.listxattr(caller, node.inode());
            String text = names.isEmpty() ? "" : String.join("\0", names) + "\0";
            return putAttribute(text.getBytes(StandardCharsets.UTF_8), buffer, size);
          }
        });
  }

  int getxattr(String path, String name, Pointer buffer, long size) {
    return answer(
        "getxattr",
        caller -> {
          try (PathTable.Node node = paths.resolve(caller, path)) {
            return putAttribute(operations.getxattr(caller, node.inode(), name), buffer, size);
          }
        });
  }

  private static int putAttribute(byte[] value, Pointer buffer, long size) throws FuseException {
    if (size > 0) {
      if (value.length > size) {
        throw new FuseException(Errno.ERANGE);
      }
      NativeMemory.copyIn(value, value.length, buffer.address());
    }
    return value.length;
  }

  int setxattr(String path, String name, @Nullable Pointer value, long size, int flags) {
    return answer(
        "setxattr",
        caller -> {
          byte[] bytes = value == null ? new byte[0] : NativeMemory.bytes(value.address(), size);
          try (PathTable.Node node = paths.resolve(caller, path)) {
            operations.setxattr(caller, node.inode(), name, bytes, flags);
          }
          return 0;
        });
  }

  int removexattr(String path, String name) {
    return answer(
        "removexattr",
        caller -> {
          try (PathTable.Node node = paths.resolve(caller, path)) {
            operations.removexattr(caller, node.inode(), name);
          }
          return 0;
        });
  }

  /** Returns the node of an open file. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned
  private PathTable.Node openFile(Pointer info) throws FuseException {
    PathTable.Node node = openFiles.get(NativeStructs.handle(info.address()));
    PathTable.Node pinned = node == null ? null : paths.pinAgain(node);
    if (pinned == null) {
      // Closed meanwhile: Linux asks again, by path.
      throw new FuseException(Errno.ESTALE);
    }
    return pinned;
  }

  OpenNodes openFiles() {
    return openFiles;
  }
}
