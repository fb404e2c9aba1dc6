// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import io.sluicefs.kernel.namespace.CapacityException;
import io.sluicefs.kernel.namespace.DirectoryReader;
import io.sluicefs.kernel.namespace.FileKind;
import io.sluicefs.kernel.namespace.Inode;
import io.sluicefs.kernel.namespace.ListedEntry;
import io.sluicefs.kernel.namespace.Namespace;
import io.sluicefs.kernel.namespace.NamespaceOptions;
import io.sluicefs.kernel.namespace.NamespaceStats;
import io.sluicefs.kernel.namespace.SlotTable;
import io.sluicefs.kernel.read.ObjectReaders;
import io.sluicefs.kernel.read.ReadSession;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
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
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A prefix of a bucket as a file system that is only read: every change is refused with EROFS.
 *
 * <p>The transport and the readers are borrowed: their owner closes them after this.
 */
public final class SluiceFileSystem implements FuseOperations, AutoCloseable {
  private static final int WRITE_FLAGS = 0x3 | 01000; // O_ACCMODE, O_TRUNC
  private static final int MAY_WRITE = 2;
  private static final int MAY_EXECUTE = 1;
  private static final int ANY_EXECUTE = 0111;
  private static final int MAX_NAME_BYTES = 255;
  private static final int MAX_HANDLES = 1 << 20;

  /** Says to Linux that the inode number of a name is not known yet. */
  private static final long UNKNOWN_INODE = 0xffffffffL;

  /** Offsets of a directory: {@code .}, {@code ..}, then the entries of its listing. */
  private static final int FIRST_ENTRY = 2;

  private static final int BLOCK_SIZE = 4096;
  private static final long CAPACITY_BLOCKS = (1L << 50) / BLOCK_SIZE;
  private static final long CAPACITY_FILES = 1L << 32;

  private final Namespace namespace;
  private final ObjectReaders readers;
  private final ErrnoMapping errnos;
  private final boolean cachesAbsence;
  private final SlotTable<FileHandle> files = new SlotTable<>(MAX_HANDLES);
  private final SlotTable<DirectoryHandle> directories = new SlotTable<>(MAX_HANDLES);

  /**
   * Creates a file system; sends nothing.
   *
   * @param transport of the bucket, with retries and limits
   * @param prefix start of all keys, empty or ending with a slash
   * @param readers read the objects
   */
  public SluiceFileSystem(
      Transport transport, String prefix, ObjectReaders readers, NamespaceOptions options) {
    this(new Namespace(transport, prefix, options), readers, options);
  }

  SluiceFileSystem(Namespace namespace, ObjectReaders readers, NamespaceOptions options) {
    this.namespace = namespace;
    this.readers = readers;
    this.cachesAbsence = !options.negativeTtl().isZero();
    this.errnos =
        new ErrnoMapping(
            new FailureLog(System.getLogger("io.sluicefs.kernel.fs"), System::nanoTime));
  }

  /** Returns the counts of the namespace. */
  public NamespaceStats stats() {
    return namespace.stats();
  }

  /** Returns how many files are open. */
  public int openFiles() {
    return files.size();
  }

  /** Returns how many directories are open. */
  public int openDirectories() {
    return directories.size();
  }

  @Override
  public @Nullable Entry lookup(Caller caller, long parent, String name) throws FuseException {
    Inode directory = directory(parent);
    checkLength(name);
    try {
      Inode found = namespace.lookup(directory, name);
      if (found != null) {
        return namespace.entry(found);
      }
    } catch (StorageException e) {
      throw errnos.ofName("lookup", directory.key() + name, e);
    } catch (CapacityException e) {
      throw errnos.ofLimit("lookup", directory.key() + name, e);
    }
    if (cachesAbsence) {
      return null;
    }
    throw new FuseException(Errno.ENOENT);
  }

  private static void checkLength(String name) throws FuseException {
    if (name.length() > MAX_NAME_BYTES
        || (name.length() > MAX_NAME_BYTES / 3
            && name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES)) {
      throw new FuseException(Errno.ENAMETOOLONG);
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
    if ((mask & MAY_WRITE) != 0) {
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
    throw new FuseException(known.kind() == FileKind.SYMLINK ? Errno.ENOTSUP : Errno.EINVAL);
  }

  @Override
  public OpenFile open(Caller caller, long inode, int flags) throws FuseException {
    Inode file = inode(inode);
    if ((flags & WRITE_FLAGS) != 0) {
      throw new FuseException(Errno.EROFS);
    }
    switch (file.kind()) {
      case DIRECTORY -> throw new FuseException(Errno.EISDIR);
      case SYMLINK -> throw new FuseException(Errno.ELOOP);
      case FILE -> {}
    }
    try {
      return open(file);
    } catch (StorageException e) {
      throw errnos.ofName("open", file.key(), e);
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // the handle owns the session until release
  private OpenFile open(Inode file) throws StorageException, FuseException {
    ObjectId id = namespace.open(file);
    boolean done = false;
    try {
      long size = file.size();
      ReadSession session = readers.open(id, size);
      FileHandle handle = files.add(number -> new FileHandle(number, file, size, session));
      if (handle == null) {
        session.close();
        throw new FuseException(Errno.EMFILE);
      }
      done = true;
      // An inode is one version: what the page cache holds of it can only be that version.
      return new OpenFile(handle.number(), file.markOpened(), false);
    } finally {
      if (!done) {
        namespace.closed(file);
      }
    }
  }

  @Override
  public void read(Caller caller, long handle, long offset, int length, ReadReply reply)
      throws FuseException {
    FileHandle file = file(handle);
    int clamped = clamp(file, offset, length);
    if (clamped == 0) {
      return;
    }
    try {
      file.session().read(offset, clamped, reply);
    } catch (StorageException e) {
      throw failed(file, e);
    }
  }

  @Override
  public boolean readIfPresent(Caller caller, long handle, long offset, int length, ReadReply reply)
      throws FuseException {
    FileHandle file = file(handle);
    int clamped = clamp(file, offset, length);
    if (clamped == 0) {
      return true;
    }
    try {
      return file.session().readIfPresent(offset, clamped, reply);
    } catch (StorageException e) {
      throw failed(file, e);
    }
  }

  private static int clamp(FileHandle file, long offset, int length) throws FuseException {
    if (offset < 0 || length < 0) {
      throw new FuseException(Errno.EINVAL);
    }
    return (int) Math.max(0, Math.min(length, file.size() - offset));
  }

  private FuseException failed(FileHandle file, StorageException failure) {
    if (failure.kind() == Kind.PRECONDITION_FAILED || failure.kind() == Kind.NOT_FOUND) {
      namespace.outdated(file.inode());
    }
    return errnos.ofRead(file.inode().key(), failure);
  }

  @Override
  public void release(long handle) {
    FileHandle file = files.get(handle);
    if (file != null && files.remove(file)) {
      close(file);
    }
  }

  private void close(FileHandle file) {
    try {
      file.session().close();
    } finally {
      namespace.closed(file.inode());
    }
  }

  @Override
  public OpenFile opendir(Caller caller, long inode) throws FuseException {
    Inode directory = directory(inode);
    DirectoryHandle handle =
        directories.add(number -> new DirectoryHandle(number, directory, namespace));
    if (handle == null) {
      throw new FuseException(Errno.EMFILE);
    }
    namespace.openDirectory(directory);
    return new OpenFile(handle.number(), false, false);
  }

  @Override
  public void readdir(Caller caller, long handle, long offset, DirectorySink sink)
      throws FuseException {
    list(handle, offset, sink, false);
  }

  @Override
  public void readdirplus(Caller caller, long handle, long offset, DirectorySink sink)
      throws FuseException {
    list(handle, offset, sink, true);
  }

  private void list(long number, long offset, DirectorySink sink, boolean plus)
      throws FuseException {
    DirectoryHandle handle = directories.get(number);
    DirectoryReader reader = handle == null ? null : handle.readerAt(offset);
    if (handle == null || reader == null) {
      throw new FuseException(Errno.EBADF);
    }
    if (offset < 0 || offset > Integer.MAX_VALUE) {
      throw new FuseException(Errno.EINVAL);
    }
    Inode directory = handle.inode();
    int at = (int) offset;
    try {
      for (boolean some = false; ; ) {
        if (some && !reader.has(at - FIRST_ENTRY)) {
          // What is there is answered now; waiting for the next page is for the next call.
          return;
        }
        if (!add(directory, reader, at, sink, plus)) {
          return;
        }
        at++;
        if (at > FIRST_ENTRY && !some) {
          some = true;
          handle.advanced();
        }
      }
    } catch (StorageException e) {
      throw errnos.ofName("readdir", directory.key(), e);
    } catch (CapacityException e) {
      throw errnos.ofLimit("readdir", directory.key(), e);
    }
  }

  /** Adds the entry at an offset; false if there is none or it did not fit. */
  private boolean add(
      Inode directory, DirectoryReader reader, int at, DirectorySink sink, boolean plus)
      throws StorageException {
    long next = at + 1L;
    if (at < FIRST_ENTRY) {
      Inode dots = at == 0 ? directory : directory.parent();
      String name = at == 0 ? "." : "..";
      return plus
          ? sink.add(name, namespace.entry(dots), next)
          : sink.add(name, dots.number(), FileKind.DIRECTORY.typeBits(), next);
    }
    ListedEntry listed = reader.entry(at - FIRST_ENTRY);
    if (listed == null) {
      return false;
    }
    Inode inode = plus ? namespace.lookup(directory, listed) : null;
    if (inode == null) {
      long known = namespace.knownNumber(directory, listed.name());
      return sink.add(
          listed.name(), known == 0 ? UNKNOWN_INODE : known, listed.kind().typeBits(), next);
    }
    boolean fits = sink.add(listed.name(), namespace.entry(inode), next);
    if (!fits) {
      namespace.forget(inode, 1);
    }
    return fits;
  }

  @Override
  public void releasedir(long handle) {
    DirectoryHandle directory = directories.get(handle);
    if (directory != null && directories.remove(directory)) {
      close(directory);
    }
  }

  private void close(DirectoryHandle handle) {
    handle.close();
    namespace.closed(handle.inode());
  }

  @Override
  public FileSystemStats statfs(Caller caller) {
    return new FileSystemStats(
        BLOCK_SIZE,
        CAPACITY_BLOCKS,
        CAPACITY_BLOCKS,
        CAPACITY_FILES,
        CAPACITY_FILES,
        MAX_NAME_BYTES);
  }

  @Override
  public Entry setattr(Caller caller, long inode, long handle, AttributeChanges changes)
      throws FuseException {
    throw readOnly();
  }

  @Override
  public CreatedFile create(Caller caller, long parent, String name, int mode, int flags)
      throws FuseException {
    throw readOnly();
  }

  @Override
  public void write(Caller caller, long handle, long offset, MemorySegment data)
      throws FuseException {
    throw readOnly();
  }

  @Override
  public Entry mkdir(Caller caller, long parent, String name, int mode) throws FuseException {
    throw readOnly();
  }

  @Override
  public Entry symlink(Caller caller, long parent, String name, String target)
      throws FuseException {
    throw readOnly();
  }

  @Override
  public void unlink(Caller caller, long parent, String name) throws FuseException {
    throw readOnly();
  }

  @Override
  public void rmdir(Caller caller, long parent, String name) throws FuseException {
    throw readOnly();
  }

  @Override
  public void rename(
      Caller caller, long parent, String name, long newParent, String newName, int flags)
      throws FuseException {
    throw readOnly();
  }

  @Override
  public void fallocate(Caller caller, long handle, int mode, long offset, long length)
      throws FuseException {
    throw readOnly();
  }

  @Override
  public List<String> listxattr(Caller caller, long inode) throws FuseException {
    throw new FuseException(Errno.ENOTSUP);
  }

  @Override
  public byte[] getxattr(Caller caller, long inode, String name) throws FuseException {
    throw new FuseException(Errno.ENOTSUP);
  }

  @Override
  public void setxattr(Caller caller, long inode, String name, byte[] value, int flags)
      throws FuseException {
    throw readOnly();
  }

  @Override
  public void removexattr(Caller caller, long inode, String name) throws FuseException {
    throw readOnly();
  }

  private static FuseException readOnly() {
    return new FuseException(Errno.EROFS);
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

  private FileHandle file(long handle) throws FuseException {
    FileHandle known = files.get(handle);
    if (known == null) {
      throw new FuseException(Errno.EBADF);
    }
    return known;
  }

  /** Closes every handle still open, as after the end of a session that did not close them. */
  @Override
  public void close() {
    files.forEach(file -> release(file.number()));
    directories.forEach(directory -> releasedir(directory.number()));
  }
}
