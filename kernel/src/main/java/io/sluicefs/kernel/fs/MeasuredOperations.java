// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import io.sluicefs.kernel.metrics.OperationCounters;
import io.sluicefs.kernel.metrics.OperationCounters.Operation;
import io.sluicefs.spi.fuse.AttributeChanges;
import io.sluicefs.spi.fuse.Caller;
import io.sluicefs.spi.fuse.CreatedFile;
import io.sluicefs.spi.fuse.DirectorySink;
import io.sluicefs.spi.fuse.Entry;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FileSystemStats;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.FuseNotifier;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;
import io.sluicefs.spi.fuse.ReadReply;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Counts operations and how long they take; goes between the channel and the file system. */
public final class MeasuredOperations implements FuseOperations {
  private static final Boolean DONE = Boolean.TRUE;

  private final FuseOperations inner;
  private final OperationCounters counters;

  /** Creates a decorator. */
  public MeasuredOperations(FuseOperations inner, OperationCounters counters) {
    this.inner = inner;
    this.counters = counters;
  }

  /** An operation with an answer. */
  @FunctionalInterface
  private interface Answer<T extends @Nullable Object> {
    T get() throws FuseException;
  }

  private long begin() {
    counters.started();
    return System.nanoTime();
  }

  private void end(Operation operation, long start) {
    counters.took(operation, System.nanoTime() - start);
    counters.ended();
  }

  private <T extends @Nullable Object> T measure(Operation operation, Answer<T> answer)
      throws FuseException {
    long start = begin();
    try {
      return answer.get();
    } catch (FuseException e) {
      counters.answered(operation, e.errno());
      throw e;
    } catch (RuntimeException e) {
      counters.answered(operation, Errno.EIO);
      throw e;
    } finally {
      end(operation, start);
    }
  }

  @Override
  public void init() {
    inner.init();
  }

  @Override
  public void init(FuseNotifier notifier) {
    inner.init(notifier);
  }

  @Override
  public void destroy() {
    inner.destroy();
  }

  @Override
  public void forget(long inode, long count) {
    inner.forget(inode, count);
  }

  // Reads and writes are measured without a lambda, which would be an allocation each.

  @Override
  public void read(Caller caller, long handle, long offset, int length, ReadReply reply)
      throws FuseException {
    long start = begin();
    try {
      inner.read(caller, handle, offset, length, reply);
      counters.read(reply.length());
    } catch (FuseException e) {
      counters.answered(Operation.READ, e.errno());
      throw e;
    } catch (RuntimeException e) {
      counters.answered(Operation.READ, Errno.EIO);
      throw e;
    } finally {
      end(Operation.READ, start);
    }
  }

  @Override
  public boolean readIfPresent(Caller caller, long handle, long offset, int length, ReadReply reply)
      throws FuseException {
    long start = System.nanoTime();
    if (!inner.readIfPresent(caller, handle, offset, length, reply)) {
      return false;
    }
    counters.took(Operation.READ, System.nanoTime() - start);
    counters.read(reply.length());
    return true;
  }

  @Override
  public void write(Caller caller, long handle, long offset, MemorySegment data)
      throws FuseException {
    long start = begin();
    try {
      inner.write(caller, handle, offset, data);
      counters.wrote(data.byteSize());
    } catch (FuseException e) {
      counters.answered(Operation.WRITE, e.errno());
      throw e;
    } catch (RuntimeException e) {
      counters.answered(Operation.WRITE, Errno.EIO);
      throw e;
    } finally {
      end(Operation.WRITE, start);
    }
  }

  @Override
  public @Nullable Entry lookup(Caller caller, long parent, String name) throws FuseException {
    return measure(Operation.LOOKUP, () -> inner.lookup(caller, parent, name));
  }

  @Override
  public Entry getattr(Caller caller, long inode) throws FuseException {
    return measure(Operation.GETATTR, () -> inner.getattr(caller, inode));
  }

  @Override
  public Entry setattr(Caller caller, long inode, long handle, AttributeChanges changes)
      throws FuseException {
    return measure(Operation.SETATTR, () -> inner.setattr(caller, inode, handle, changes));
  }

  @Override
  public Entry removePrivileges(Caller caller, long inode) throws FuseException {
    return measure(Operation.SETATTR, () -> inner.removePrivileges(caller, inode));
  }

  @Override
  public void access(Caller caller, long inode, int mask) throws FuseException {
    measure(
        Operation.ACCESS,
        () -> {
          inner.access(caller, inode, mask);
          return DONE;
        });
  }

  @Override
  public String readlink(Caller caller, long inode) throws FuseException {
    return measure(Operation.READLINK, () -> inner.readlink(caller, inode));
  }

  @Override
  public OpenFile open(Caller caller, long inode, int flags) throws FuseException {
    return measure(Operation.OPEN, () -> inner.open(caller, inode, flags));
  }

  @Override
  public void flush(Caller caller, long handle) throws FuseException {
    measure(
        Operation.FLUSH,
        () -> {
          inner.flush(caller, handle);
          return DONE;
        });
  }

  @Override
  public void release(long handle) {
    long start = begin();
    try {
      inner.release(handle);
    } finally {
      end(Operation.RELEASE, start);
    }
  }

  @Override
  public void fsync(Caller caller, long handle, boolean dataOnly) throws FuseException {
    measure(
        Operation.FSYNC,
        () -> {
          inner.fsync(caller, handle, dataOnly);
          return DONE;
        });
  }

  @Override
  public OpenFile opendir(Caller caller, long inode) throws FuseException {
    return measure(Operation.OPENDIR, () -> inner.opendir(caller, inode));
  }

  @Override
  public void readdir(Caller caller, long handle, long offset, DirectorySink sink)
      throws FuseException {
    measure(
        Operation.READDIR,
        () -> {
          inner.readdir(caller, handle, offset, sink);
          return DONE;
        });
  }

  @Override
  public void readdirplus(Caller caller, long handle, long offset, DirectorySink sink)
      throws FuseException {
    measure(
        Operation.READDIR,
        () -> {
          inner.readdirplus(caller, handle, offset, sink);
          return DONE;
        });
  }

  @Override
  public void releasedir(long handle) {
    long start = begin();
    try {
      inner.releasedir(handle);
    } finally {
      end(Operation.RELEASEDIR, start);
    }
  }

  @Override
  public FileSystemStats statfs(Caller caller) throws FuseException {
    return measure(Operation.STATFS, () -> inner.statfs(caller));
  }

  @Override
  public CreatedFile create(Caller caller, long parent, String name, int mode, int flags)
      throws FuseException {
    return measure(Operation.CREATE, () -> inner.create(caller, parent, name, mode, flags));
  }

  @Override
  public Entry mkdir(Caller caller, long parent, String name, int mode) throws FuseException {
    return measure(Operation.MKDIR, () -> inner.mkdir(caller, parent, name, mode));
  }

  @Override
  public Entry symlink(Caller caller, long parent, String name, String target)
      throws FuseException {
    return measure(Operation.SYMLINK, () -> inner.symlink(caller, parent, name, target));
  }

  @Override
  public void unlink(Caller caller, long parent, String name) throws FuseException {
    measure(
        Operation.UNLINK,
        () -> {
          inner.unlink(caller, parent, name);
          return DONE;
        });
  }

  @Override
  public void rmdir(Caller caller, long parent, String name) throws FuseException {
    measure(
        Operation.RMDIR,
        () -> {
          inner.rmdir(caller, parent, name);
          return DONE;
        });
  }

  @Override
  public void rename(
      Caller caller, long parent, String name, long newParent, String newName, int flags)
      throws FuseException {
    measure(
        Operation.RENAME,
        () -> {
          inner.rename(caller, parent, name, newParent, newName, flags);
          return DONE;
        });
  }

  @Override
  public void fallocate(Caller caller, long handle, int mode, long offset, long length)
      throws FuseException {
    measure(
        Operation.FALLOCATE,
        () -> {
          inner.fallocate(caller, handle, mode, offset, length);
          return DONE;
        });
  }

  @Override
  public long copyFileRange(
      Caller caller,
      long handleIn,
      long offsetIn,
      long handleOut,
      long offsetOut,
      long length,
      int flags)
      throws FuseException {
    return measure(
        Operation.COPY_FILE_RANGE,
        () -> inner.copyFileRange(caller, handleIn, offsetIn, handleOut, offsetOut, length, flags));
  }

  @Override
  public long lseek(Caller caller, long handle, long offset, int whence) throws FuseException {
    return measure(Operation.LSEEK, () -> inner.lseek(caller, handle, offset, whence));
  }

  @Override
  public Entry link(Caller caller, long inode, long newParent, String newName)
      throws FuseException {
    return measure(Operation.LINK, () -> inner.link(caller, inode, newParent, newName));
  }

  @Override
  public List<String> listxattr(Caller caller, long inode) throws FuseException {
    return measure(Operation.XATTR, () -> inner.listxattr(caller, inode));
  }

  @Override
  public byte[] getxattr(Caller caller, long inode, String name) throws FuseException {
    return measure(Operation.XATTR, () -> inner.getxattr(caller, inode, name));
  }

  @Override
  public void setxattr(Caller caller, long inode, String name, byte[] value, int flags)
      throws FuseException {
    measure(
        Operation.XATTR,
        () -> {
          inner.setxattr(caller, inode, name, value, flags);
          return DONE;
        });
  }

  @Override
  public void removexattr(Caller caller, long inode, String name) throws FuseException {
    measure(
        Operation.XATTR,
        () -> {
          inner.removexattr(caller, inode, name);
          return DONE;
        });
  }
}
