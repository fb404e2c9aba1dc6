// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import io.sluicefs.kernel.metrics.AccessLog;
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
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Counts operations and how long they take; goes between the channel and the file system. */
public final class MeasuredOperations implements FuseOperations {
  private static final Boolean DONE = Boolean.TRUE;

  private final FuseOperations inner;
  private final OperationCounters counters;
  private final AccessLog log = new AccessLog(AccessLog.OPERATIONS);

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

  /** An operation without one. */
  @FunctionalInterface
  private interface Step {
    void run() throws FuseException;
  }

  private long begin() {
    counters.started();
    return System.nanoTime();
  }

  /**
   * Notes how an operation ended.
   *
   * @param id the inode or handle it was asked of
   * @param offset where in a file; -1 if nowhere
   * @param errno 0 if it did not fail
   */
  private void end(
      Operation operation,
      long id,
      @Nullable String name,
      long offset,
      long length,
      long start,
      int errno) {
    long nanos = System.nanoTime() - start;
    counters.took(operation, nanos);
    if (errno != 0) {
      counters.answered(operation, errno);
    }
    if (log.isOn()) {
      log(operation, id, name, offset, length, nanos, errno);
    }
  }

  private void log(
      Operation operation,
      long id,
      @Nullable String name,
      long offset,
      long length,
      long nanos,
      int errno) {
    Map<String, Object> fields = new HashMap<>();
    fields.put("operation", operation.label());
    fields.put("of", id);
    if (name != null) {
      fields.put("name", name);
    }
    if (offset >= 0) {
      fields.put("offset", offset);
      fields.put("length", length);
    }
    if (errno != 0) {
      fields.put("errno", errno);
    }
    log.add(fields, nanos);
  }

  private <T extends @Nullable Object> T measure(
      Operation operation, long id, @Nullable String name, Answer<T> answer) throws FuseException {
    long start = begin();
    int errno = 0;
    try {
      return answer.get();
    } catch (FuseException e) {
      errno = e.errno();
      throw e;
    } catch (RuntimeException e) {
      errno = Errno.EIO;
      throw e;
    } finally {
      end(operation, id, name, -1, 0, start, errno);
      counters.ended();
    }
  }

  private void run(Operation operation, long id, @Nullable String name, Step step)
      throws FuseException {
    measure(
        operation,
        id,
        name,
        () -> {
          step.run();
          return DONE;
        });
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
  public @Nullable Duration absenceTtl() {
    return inner.absenceTtl();
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
    int errno = 0;
    try {
      inner.read(caller, handle, offset, length, reply);
      counters.read(reply.length());
    } catch (FuseException e) {
      errno = e.errno();
      throw e;
    } catch (RuntimeException e) {
      errno = Errno.EIO;
      throw e;
    } finally {
      end(Operation.READ, handle, null, offset, length, start, errno);
      counters.ended();
    }
  }

  @Override
  public boolean readIfPresent(Caller caller, long handle, long offset, int length, ReadReply reply)
      throws FuseException {
    long start = System.nanoTime();
    if (!inner.readIfPresent(caller, handle, offset, length, reply)) {
      return false;
    }
    counters.read(reply.length());
    end(Operation.READ, handle, null, offset, length, start, 0);
    return true;
  }

  @Override
  public void write(Caller caller, long handle, long offset, MemorySegment data)
      throws FuseException {
    long start = begin();
    int errno = 0;
    try {
      inner.write(caller, handle, offset, data);
      counters.wrote(data.byteSize());
    } catch (FuseException e) {
      errno = e.errno();
      throw e;
    } catch (RuntimeException e) {
      errno = Errno.EIO;
      throw e;
    } finally {
      end(Operation.WRITE, handle, null, offset, data.byteSize(), start, errno);
      counters.ended();
    }
  }

  @Override
  public @Nullable Entry lookup(Caller caller, long parent, String name) throws FuseException {
    return measure(Operation.LOOKUP, parent, name, () -> inner.lookup(caller, parent, name));
  }

  @Override
  public Entry getattr(Caller caller, long inode) throws FuseException {
    return measure(Operation.GETATTR, inode, null, () -> inner.getattr(caller, inode));
  }

  @Override
  public Entry setattr(Caller caller, long inode, long handle, AttributeChanges changes)
      throws FuseException {
    return measure(
        Operation.SETATTR, inode, null, () -> inner.setattr(caller, inode, handle, changes));
  }

  @Override
  public Entry removePrivileges(Caller caller, long inode) throws FuseException {
    return measure(Operation.SETATTR, inode, null, () -> inner.removePrivileges(caller, inode));
  }

  @Override
  public void access(Caller caller, long inode, int mask) throws FuseException {
    run(Operation.ACCESS, inode, null, () -> inner.access(caller, inode, mask));
  }

  @Override
  public String readlink(Caller caller, long inode) throws FuseException {
    return measure(Operation.READLINK, inode, null, () -> inner.readlink(caller, inode));
  }

  @Override
  public OpenFile open(Caller caller, long inode, int flags) throws FuseException {
    return measure(Operation.OPEN, inode, null, () -> inner.open(caller, inode, flags));
  }

  @Override
  public void flush(Caller caller, long handle) throws FuseException {
    run(Operation.FLUSH, handle, null, () -> inner.flush(caller, handle));
  }

  @Override
  public void release(long handle) {
    long start = begin();
    try {
      inner.release(handle);
    } finally {
      end(Operation.RELEASE, handle, null, -1, 0, start, 0);
      counters.ended();
    }
  }

  @Override
  public void fsync(Caller caller, long handle, boolean dataOnly) throws FuseException {
    run(Operation.FSYNC, handle, null, () -> inner.fsync(caller, handle, dataOnly));
  }

  @Override
  public OpenFile opendir(Caller caller, long inode) throws FuseException {
    return measure(Operation.OPENDIR, inode, null, () -> inner.opendir(caller, inode));
  }

  @Override
  public void readdir(Caller caller, long handle, long offset, DirectorySink sink)
      throws FuseException {
    run(Operation.READDIR, handle, null, () -> inner.readdir(caller, handle, offset, sink));
  }

  @Override
  public void readdirplus(Caller caller, long handle, long offset, DirectorySink sink)
      throws FuseException {
    run(Operation.READDIR, handle, null, () -> inner.readdirplus(caller, handle, offset, sink));
  }

  @Override
  public void releasedir(long handle) {
    long start = begin();
    try {
      inner.releasedir(handle);
    } finally {
      end(Operation.RELEASEDIR, handle, null, -1, 0, start, 0);
      counters.ended();
    }
  }

  @Override
  public FileSystemStats statfs(Caller caller) throws FuseException {
    return measure(Operation.STATFS, FuseOperations.ROOT, null, () -> inner.statfs(caller));
  }

  @Override
  public CreatedFile create(Caller caller, long parent, String name, int mode, int flags)
      throws FuseException {
    return measure(
        Operation.CREATE, parent, name, () -> inner.create(caller, parent, name, mode, flags));
  }

  @Override
  public Entry mkdir(Caller caller, long parent, String name, int mode) throws FuseException {
    return measure(Operation.MKDIR, parent, name, () -> inner.mkdir(caller, parent, name, mode));
  }

  @Override
  public Entry symlink(Caller caller, long parent, String name, String target)
      throws FuseException {
    return measure(
        Operation.SYMLINK, parent, name, () -> inner.symlink(caller, parent, name, target));
  }

  @Override
  public void unlink(Caller caller, long parent, String name) throws FuseException {
    run(Operation.UNLINK, parent, name, () -> inner.unlink(caller, parent, name));
  }

  @Override
  public void rmdir(Caller caller, long parent, String name) throws FuseException {
    run(Operation.RMDIR, parent, name, () -> inner.rmdir(caller, parent, name));
  }

  @Override
  public void rename(
      Caller caller, long parent, String name, long newParent, String newName, int flags)
      throws FuseException {
    run(
        Operation.RENAME,
        parent,
        name,
        () -> inner.rename(caller, parent, name, newParent, newName, flags));
  }

  @Override
  public void fallocate(Caller caller, long handle, int mode, long offset, long length)
      throws FuseException {
    run(
        Operation.FALLOCATE,
        handle,
        null,
        () -> inner.fallocate(caller, handle, mode, offset, length));
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
        handleIn,
        null,
        () -> inner.copyFileRange(caller, handleIn, offsetIn, handleOut, offsetOut, length, flags));
  }

  @Override
  public long lseek(Caller caller, long handle, long offset, int whence) throws FuseException {
    return measure(
        Operation.LSEEK, handle, null, () -> inner.lseek(caller, handle, offset, whence));
  }

  @Override
  public Entry link(Caller caller, long inode, long newParent, String newName)
      throws FuseException {
    return measure(
        Operation.LINK, inode, null, () -> inner.link(caller, inode, newParent, newName));
  }

  @Override
  public List<String> listxattr(Caller caller, long inode) throws FuseException {
    return measure(Operation.XATTR, inode, null, () -> inner.listxattr(caller, inode));
  }

  @Override
  public byte[] getxattr(Caller caller, long inode, String name) throws FuseException {
    return measure(Operation.XATTR, inode, name, () -> inner.getxattr(caller, inode, name));
  }

  @Override
  public void setxattr(Caller caller, long inode, String name, byte[] value, int flags)
      throws FuseException {
    run(Operation.XATTR, inode, name, () -> inner.setxattr(caller, inode, name, value, flags));
  }

  @Override
  public void removexattr(Caller caller, long inode, String name) throws FuseException {
    run(Operation.XATTR, inode, name, () -> inner.removexattr(caller, inode, name));
  }
}
