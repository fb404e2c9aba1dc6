// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import io.sluicefs.kernel.namespace.CapacityException;
import io.sluicefs.kernel.namespace.FileKind;
import io.sluicefs.kernel.namespace.Inode;
import io.sluicefs.kernel.namespace.KeyNames;
import io.sluicefs.kernel.namespace.Namespace;
import io.sluicefs.kernel.namespace.NamespaceOptions;
import io.sluicefs.kernel.namespace.NamespaceStats;
import io.sluicefs.kernel.read.ObjectReaders;
import io.sluicefs.kernel.write.FileWriters;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.fuse.AttributeChanges;
import io.sluicefs.spi.fuse.Caller;
import io.sluicefs.spi.fuse.CreatedFile;
import io.sluicefs.spi.fuse.DirectorySink;
import io.sluicefs.spi.fuse.Entry;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FileSystemStats;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.FuseOperations;
import io.sluicefs.spi.fuse.OpenFile;
import io.sluicefs.spi.fuse.ReadReply;
import io.sluicefs.spi.transport.Transport;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A prefix of a bucket as a file system. What a request is about is found here; what is done about
 * it is in the classes beside it. A mount that is only read refuses every change with EROFS.
 *
 * <p>The transport, the readers and the writers are borrowed: their owner closes them after this.
 */
public final class SluiceFileSystem implements FuseOperations, AutoCloseable {
  private static final int MAY_WRITE = 2;
  private static final int MAY_EXECUTE = 1;
  private static final int ANY_EXECUTE = 0111;

  // Source: linux/falloc.h.
  private static final int FALLOC_FL_KEEP_SIZE = 1;

  // Source: unistd.h.
  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;

  private static final int BLOCK_SIZE = 4096;
  private static final long CAPACITY_BLOCKS = (1L << 50) / BLOCK_SIZE;
  private static final long CAPACITY_FILES = 1L << 32;

  private final Namespace namespace;
  private final boolean readOnly;
  private volatile Duration negativeTtl;
  private final ErrnoMapping errnos;
  private final OpenFiles files;
  private final OpenDirectories directories;
  private final NameChanges names;
  private final Renames renames;
  private final FileAttributes attributes;
  private final Removals removals;
  private volatile boolean served;
  private volatile boolean left;

  /**
   * Creates a file system; sends nothing.
   *
   * @param transport of the bucket, with retries and limits
   * @param prefix start of all keys, empty or ending with a slash
   * @param readers read the objects
   * @param writers write them
   */
  public SluiceFileSystem(
      Transport transport,
      String prefix,
      ObjectReaders readers,
      FileWriters writers,
      NamespaceOptions options,
      ChangeOptions changes) {
    this(new Namespace(transport, prefix, options), transport, readers, writers, options, changes);
  }

  SluiceFileSystem(
      Namespace namespace,
      Transport transport,
      ObjectReaders readers,
      FileWriters writers,
      NamespaceOptions options,
      ChangeOptions changes) {
    this.namespace = namespace;
    this.readOnly = changes.readOnly();
    this.negativeTtl = options.negativeTtl();
    this.errnos =
        new ErrnoMapping(
            new FailureLog(System.getLogger("io.sluicefs.kernel.fs"), System::nanoTime));
    this.removals = new Removals(namespace, transport);
    FileReads reads = new FileReads(namespace, readers, errnos);
    KeyClaims claims = new KeyClaims();
    this.files = new OpenFiles(namespace, reads, writers, removals, claims, errnos);
    this.directories = new OpenDirectories(namespace, errnos);
    this.names = new NameChanges(namespace, transport, files, removals, claims, errnos);
    DirectoryMoves moves =
        new DirectoryMoves(namespace, transport, writers, files, removals, changes.renameLimit());
    this.renames =
        new Renames(namespace, transport, writers, names, removals, moves, claims, errnos);
    this.attributes = new FileAttributes(namespace, transport, writers.kept(), errnos);
  }

  /**
   * Goes on with the file system of another process.
   *
   * @param left what it has left, of which nothing is in use yet
   * @throws IOException if a staging file is gone
   */
  public SluiceFileSystem(
      FileSystemState left,
      Transport transport,
      ObjectReaders readers,
      FileWriters writers,
      NamespaceOptions options,
      ChangeOptions changes)
      throws IOException {
    this(left.namespace(), transport, readers, writers, options, changes);
    left.restore(files, directories, removals);
  }

  /**
   * Writes down all of it for another process to go on with, see {@link FileSystemState}. No
   * request is being answered; unless the other process goes on, this does.
   *
   * @param within how long what is being stored may take
   * @throws IOException if it cannot be left; the message is one line
   */
  public void leave(DataOutput to, Duration within) throws IOException, InterruptedException {
    if (!Background.awaitIdle(within)) {
      throw new IOException("files are still being stored; try again later");
    }
    FileSystemState.write(to, within, namespace, files, directories, removals);
  }

  /** Another process goes on with what is open: close leaves it alone. */
  public void left() {
    left = true;
  }

  /** Returns the counts of the namespace. */
  public NamespaceStats stats() {
    return namespace.stats();
  }

  @Override
  public void init() {
    served = true;
  }

  /** Returns whether a FUSE channel serves it, or has. */
  public boolean isServed() {
    return served;
  }

  /**
   * Waits until nothing is being stored.
   *
   * @return false if that takes longer than {@code within}
   */
  public boolean awaitStored(Duration within) throws InterruptedException {
    return Background.awaitIdle(within);
  }

  /** Returns how many files were written to, are closed, and are not in the store. */
  public int unstored() {
    return files.unstored();
  }

  /** Returns how many files are open. */
  public int openFiles() {
    return files.count();
  }

  /** Returns how many directories are open. */
  public int openDirectories() {
    return directories.count();
  }

  /**
   * Believes for other times from now on what is known and what will be. Linux keeps for as long as
   * it was told before what it was told before.
   */
  public void setTtls(Duration attribute, Duration negative) {
    negativeTtl = negative;
    namespace.setTtls(attribute, negative);
  }

  @Override
  public Duration absenceTtl() {
    return negativeTtl;
  }

  @Override
  public @Nullable Entry lookup(Caller caller, long parent, String name) throws FuseException {
    Inode directory = directory(parent);
    Names.checkLength(name);
    try {
      Inode found = namespace.lookup(directory, name);
      if (found != null) {
        return entry(found);
      }
    } catch (StorageException e) {
      throw errnos.ofName("lookup", directory.key() + name, e);
    } catch (CapacityException e) {
      throw errnos.ofLimit("lookup", directory.key() + name, e);
    }
    if (!negativeTtl.isZero()) {
      return null;
    }
    throw new FuseException(Errno.ENOENT);
  }

  /** Returns the entry of an inode that was looked up; a link's has the length of its target. */
  private Entry entry(Inode found) throws StorageException {
    boolean done = false;
    try {
      if (found.kind() == FileKind.SYMLINK) {
        String _ = namespace.target(found);
      }
      done = true;
      return namespace.entry(found);
    } finally {
      if (!done) {
        namespace.forget(found, 1);
      }
    }
  }

  @Override
  public void forget(long inode, long count) {
    Inode known = namespace.inode(inode);
    if (known != null) {
      namespace.forget(known, count);
    }
  }

  @Override
  public Entry getattr(Caller caller, long inode) throws FuseException {
    Inode known = inode(inode);
    try {
      return namespace.attributes(known);
    } catch (StorageException e) {
      throw errnos.ofName("getattr", known.key(), e);
    }
  }

  @Override
  public void access(Caller caller, long inode, int mask) throws FuseException {
    Inode known = inode(inode);
    if ((mask & MAY_WRITE) != 0 && readOnly) {
      throw new FuseException(Errno.EROFS);
    }
    if ((mask & MAY_EXECUTE) != 0 && known.kind() == FileKind.FILE) {
      int mode = namespace.entry(known).attributes().mode();
      if ((mode & ANY_EXECUTE) == 0) {
        throw new FuseException(Errno.EACCES);
      }
    }
  }

  @Override
  public String readlink(Caller caller, long inode) throws FuseException {
    Inode known = inode(inode);
    if (known.kind() != FileKind.SYMLINK) {
      throw new FuseException(Errno.EINVAL);
    }
    try {
      return namespace.target(known);
    } catch (StorageException e) {
      throw errnos.ofName("readlink", known.key(), e);
    }
  }

  @Override
  public OpenFile open(Caller caller, long inode, int flags) throws FuseException {
    Inode file = inode(inode);
    if (OpenFiles.writes(flags)) {
      checkWritable();
    }
    switch (file.kind()) {
      case DIRECTORY -> throw new FuseException(Errno.EISDIR);
      case SYMLINK -> throw new FuseException(Errno.ELOOP);
      case FILE -> {}
    }
    return files.open(file, flags, caller.pid());
  }

  @Override
  public void read(Caller caller, long handle, long offset, int length, ReadReply reply)
      throws FuseException {
    files.read(handle, offset, length, reply);
  }

  @Override
  public boolean readIfPresent(Caller caller, long handle, long offset, int length, ReadReply reply)
      throws FuseException {
    return files.readIfPresent(handle, offset, length, reply);
  }

  @Override
  public void write(Caller caller, long handle, long offset, MemorySegment data)
      throws FuseException {
    checkWritable();
    files.write(handle, offset, data, caller.pid());
  }

  @Override
  public void flush(Caller caller, long handle) throws FuseException {
    files.flush(handle, caller.pid());
  }

  @Override
  public void fsync(Caller caller, long handle, boolean dataOnly) throws FuseException {
    files.fsync(handle);
  }

  @Override
  public void release(long handle) {
    files.release(handle);
  }

  @Override
  public void fallocate(Caller caller, long handle, int mode, long offset, long length)
      throws FuseException {
    checkWritable();
    if (mode == 0) {
      files.extend(handle, offset + length);
    } else if (mode != FALLOC_FL_KEEP_SIZE) {
      throw new FuseException(Errno.ENOTSUP);
    }
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
    checkWritable();
    return files.copy(handleIn, offsetIn, handleOut, offsetOut, length);
  }

  @Override
  public long lseek(Caller caller, long handle, long offset, int whence) throws FuseException {
    long size = files.get(handle).inode().size();
    if (offset < 0 || offset >= size) {
      throw new FuseException(Errno.ENXIO);
    }
    return switch (whence) {
      case SEEK_DATA -> offset;
      case SEEK_HOLE -> size;
      default -> throw new FuseException(Errno.EINVAL);
    };
  }

  @Override
  public OpenFile opendir(Caller caller, long inode) throws FuseException {
    return directories.open(directory(inode));
  }

  @Override
  public void readdir(Caller caller, long handle, long offset, DirectorySink sink)
      throws FuseException {
    directories.list(handle, offset, sink, false);
  }

  @Override
  public void readdirplus(Caller caller, long handle, long offset, DirectorySink sink)
      throws FuseException {
    directories.list(handle, offset, sink, true);
  }

  @Override
  public void releasedir(long handle) {
    directories.close(handle);
  }

  @Override
  public FileSystemStats statfs(Caller caller) {
    return new FileSystemStats(
        BLOCK_SIZE,
        CAPACITY_BLOCKS,
        CAPACITY_BLOCKS,
        CAPACITY_FILES,
        CAPACITY_FILES,
        KeyNames.MAX_NAME_BYTES);
  }

  @Override
  public Entry setattr(Caller caller, long inode, long handle, AttributeChanges changes)
      throws FuseException {
    checkWritable();
    Inode known = inode(inode);
    Long size = changes.size();
    if (size != null) {
      if (known.kind() != FileKind.FILE) {
        throw new FuseException(known.isDirectory() ? Errno.EISDIR : Errno.EINVAL);
      }
      files.truncate(known, handle, size);
    }
    setAttributes(known, changes);
    return getattr(caller, inode);
  }

  /** Sets what is kept; without that the time alone, for as long as the inode is known. */
  private void setAttributes(Inode inode, AttributeChanges changes) throws FuseException {
    Instant modified = changes.modified();
    Long millis = modified == null ? null : modified.toEpochMilli();
    boolean keeps = namespace.keepsAttributes() && inode.kind() == FileKind.FILE;
    Integer mode = keeps ? changes.mode() : null;
    Integer uid = keeps ? changes.uid() : null;
    Integer gid = keeps ? changes.gid() : null;
    if (millis != null || mode != null || uid != null || gid != null) {
      namespace.setAttributes(inode, mode, uid, gid, millis);
      if (keeps) {
        files.storeAttributes(inode);
      }
    }
  }

  @Override
  public CreatedFile create(Caller caller, long parent, String name, int mode, int flags)
      throws FuseException {
    checkWritable();
    return names.create(caller, directory(parent), name, mode, flags);
  }

  @Override
  public Entry mkdir(Caller caller, long parent, String name, int mode) throws FuseException {
    checkWritable();
    return names.makeDirectory(directory(parent), name);
  }

  @Override
  public Entry symlink(Caller caller, long parent, String name, String target)
      throws FuseException {
    checkWritable();
    return names.makeSymlink(directory(parent), name, target);
  }

  @Override
  public Entry link(Caller caller, long inode, long newParent, String newName)
      throws FuseException {
    checkWritable();
    throw new FuseException(Errno.EPERM);
  }

  @Override
  public void unlink(Caller caller, long parent, String name) throws FuseException {
    checkWritable();
    names.unlink(directory(parent), name);
  }

  @Override
  public void rmdir(Caller caller, long parent, String name) throws FuseException {
    checkWritable();
    names.removeDirectory(directory(parent), name);
  }

  @Override
  public void rename(
      Caller caller, long parent, String name, long newParent, String newName, int flags)
      throws FuseException {
    checkWritable();
    renames.rename(directory(parent), name, directory(newParent), newName, flags);
  }

  @Override
  public List<String> listxattr(Caller caller, long inode) throws FuseException {
    return attributes.names(inode(inode));
  }

  @Override
  public byte[] getxattr(Caller caller, long inode, String name) throws FuseException {
    return attributes.get(inode(inode), name);
  }

  @Override
  public void setxattr(Caller caller, long inode, String name, byte[] value, int flags)
      throws FuseException {
    checkWritable();
    throw new FuseException(Errno.ENOTSUP);
  }

  @Override
  public void removexattr(Caller caller, long inode, String name) throws FuseException {
    checkWritable();
    throw new FuseException(Errno.ENOTSUP);
  }

  private void checkWritable() throws FuseException {
    if (readOnly) {
      throw new FuseException(Errno.EROFS);
    }
  }

  private Inode inode(long number) throws FuseException {
    Inode known = namespace.inode(number);
    if (known == null) {
      throw new FuseException(Errno.ESTALE);
    }
    return known;
  }

  private Inode directory(long number) throws FuseException {
    Inode known = inode(number);
    if (!known.isDirectory()) {
      throw new FuseException(Errno.ENOTDIR);
    }
    return known;
  }

  /** Closes every handle still open, as after the end of a session that did not close them. */
  @Override
  public void close() {
    if (left) {
      return;
    }
    files.close();
    directories.close();
  }
}
