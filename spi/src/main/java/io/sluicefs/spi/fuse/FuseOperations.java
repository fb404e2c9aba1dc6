// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The file system as the Linux kernel asks for it: by inode number, never by path. Thread-safe;
 * requests come from any number of threads at once. Inode 1 is the root.
 *
 * <p>Every method may throw a {@link FuseException}, whose errno is the answer. Blocking is allowed
 * everywhere but in {@link #readIfPresent} and {@link #forget}; a thread interrupted by its channel
 * because the caller gave up gets EINTR soon. Names are decoded from UTF-8; a channel answers a
 * name that is not UTF-8 with ENOENT for a lookup and EINVAL for a creation.
 *
 * <p>Operations a file system does not have answer ENOSYS, which is what the defaults do but where
 * they say otherwise.
 */
public interface FuseOperations {
  /** The root's inode number. */
  long ROOT = 1;

  /** Called once, when the mount answers and before the first request. */
  default void init() {}

  /**
   * What a channel calls in place of {@link #init()}, which is what this does by itself.
   *
   * @param notifier for as long as the session lasts; afterwards it does nothing
   */
  default void init(FuseNotifier notifier) {
    init();
  }

  /** Called once, when the last request was answered. */
  default void destroy() {}

  /**
   * Finds a name. Counts one lookup of the inode it returns.
   *
   * @return null if there is no such name and this may be cached for {@link
   *     MountOptions#negativeTtl}
   * @throws FuseException ENOENT if there is no such name and this must not be cached
   */
  @Nullable Entry lookup(Caller caller, long parent, String name) throws FuseException;

  /**
   * Returns how long an absent name may be cached that {@link #lookup} now says is absent; null for
   * {@link MountOptions#negativeTtl}.
   *
   * @since 1.3
   */
  default @Nullable Duration absenceTtl() {
    return null;
  }

  /**
   * Takes back {@code count} lookups of an inode; with the last one its number may be used again.
   */
  void forget(long inode, long count);

  /**
   * Returns attributes with how long they may be cached; the entry's other values mean nothing
   * here.
   */
  Entry getattr(Caller caller, long inode) throws FuseException;

  /**
   * Changes attributes.
   *
   * @param handle of the open file it was called on, or 0
   */
  default Entry setattr(Caller caller, long inode, long handle, AttributeChanges changes)
      throws FuseException {
    throw new FuseException(Errno.ENOSYS);
  }

  /**
   * Takes from a file the bits of its mode that run it with its owner's rights: see {@link
   * Attributes#modeWithoutPrivileges}. A channel that has agreed with Linux to do so calls it
   * before the owner changes, and before one who may not keep the bits writes or truncates.
   *
   * @return the attributes as they are then
   */
  default Entry removePrivileges(Caller caller, long inode) throws FuseException {
    Entry entry = getattr(caller, inode);
    int kept = entry.attributes().modeWithoutPrivileges();
    return kept == entry.attributes().mode()
        ? entry
        : setattr(caller, inode, 0, new AttributeChanges(kept & 07777, null, null, null, null));
  }

  /**
   * Checks access; {@code mask} as in access(2). Not asked when the Linux kernel checks by itself.
   */
  default void access(Caller caller, long inode, int mask) throws FuseException {
    throw new FuseException(Errno.ENOSYS);
  }

  /** Returns what a symbolic link points to. */
  default String readlink(Caller caller, long inode) throws FuseException {
    throw new FuseException(Errno.ENOSYS);
  }

  /**
   * Opens a file.
   *
   * @param flags as in open(2), without O_CREAT and O_EXCL
   */
  OpenFile open(Caller caller, long inode, int flags) throws FuseException;

  /**
   * Reads from an open file: fills {@code reply} with {@code length} bytes from {@code offset}, or
   * fewer at end of file and only there. On an exception the reply is empty.
   *
   * @param reply empty; borrowed until return, then its leases are the channel's to close
   */
  void read(Caller caller, long handle, long offset, int length, ReadReply reply)
      throws FuseException;

  /**
   * As {@link #read}, if that needs no waiting.
   *
   * @return false, and an empty reply, if it does: the channel then reads on another thread
   */
  default boolean readIfPresent(
      Caller caller, long handle, long offset, int length, ReadReply reply) throws FuseException {
    return false;
  }

  /** Called at each close of a descriptor; an error is what close(2) returns. */
  default void flush(Caller caller, long handle) throws FuseException {}

  /** Called when the last descriptor of a handle is gone. */
  void release(long handle);

  /** Makes what was written durable. */
  default void fsync(Caller caller, long handle, boolean dataOnly) throws FuseException {}

  /** Opens a directory; the handle lists it as it is now. */
  OpenFile opendir(Caller caller, long inode) throws FuseException;

  /**
   * Lists an open directory from {@code offset}, 0 for its start, {@code .} and {@code ..}
   * included.
   */
  void readdir(Caller caller, long handle, long offset, DirectorySink sink) throws FuseException;

  /** As {@link #readdir}, with attributes. */
  void readdirplus(Caller caller, long handle, long offset, DirectorySink sink)
      throws FuseException;

  /** Closes a directory. */
  void releasedir(long handle);

  /** Returns sizes of the file system. */
  FileSystemStats statfs(Caller caller) throws FuseException;

  /**
   * Creates and opens a file.
   *
   * @param flags as in open(2)
   */
  default CreatedFile create(Caller caller, long parent, String name, int mode, int flags)
      throws FuseException {
    throw new FuseException(Errno.ENOSYS);
  }

  /**
   * Writes to an open file; all of {@code data} or an error.
   *
   * @param data borrowed until return
   */
  default void write(Caller caller, long handle, long offset, MemorySegment data)
      throws FuseException {
    throw new FuseException(Errno.ENOSYS);
  }

  /** Makes a directory. */
  default Entry mkdir(Caller caller, long parent, String name, int mode) throws FuseException {
    throw new FuseException(Errno.ENOSYS);
  }

  /** Makes a symbolic link. */
  default Entry symlink(Caller caller, long parent, String name, String target)
      throws FuseException {
    throw new FuseException(Errno.ENOSYS);
  }

  /** Removes a file's name. */
  default void unlink(Caller caller, long parent, String name) throws FuseException {
    throw new FuseException(Errno.ENOSYS);
  }

  /** Removes an empty directory. */
  default void rmdir(Caller caller, long parent, String name) throws FuseException {
    throw new FuseException(Errno.ENOSYS);
  }

  /**
   * Renames.
   *
   * @param flags as in renameat2(2); 0 where a channel cannot carry them
   */
  default void rename(
      Caller caller, long parent, String name, long newParent, String newName, int flags)
      throws FuseException {
    throw new FuseException(Errno.ENOSYS);
  }

  /** Reserves or frees space; {@code mode} as in fallocate(2). */
  default void fallocate(Caller caller, long handle, int mode, long offset, long length)
      throws FuseException {
    throw new FuseException(Errno.ENOSYS);
  }

  /**
   * Copies bytes from one open file to another, or within one, without moving them through the
   * caller. Not implemented, which is what ENOSYS says, Linux reads and writes instead, as it does
   * for this one call on EXDEV and ENOTSUP.
   *
   * @param flags as in copy_file_range(2): 0
   * @return the bytes copied: {@code length}, or fewer, or 0 at the end of the source
   */
  default long copyFileRange(
      Caller caller,
      long handleIn,
      long offsetIn,
      long handleOut,
      long offsetOut,
      long length,
      int flags)
      throws FuseException {
    throw new FuseException(Errno.ENOSYS);
  }

  /**
   * Finds data or a hole. Not implemented, which is what ENOSYS says, Linux takes the whole file
   * for data.
   *
   * @param whence SEEK_DATA (3) or SEEK_HOLE (4), as in lseek(2); the rest is Linux's own
   * @return the offset found
   * @throws FuseException ENXIO if {@code offset} is not within the file
   */
  default long lseek(Caller caller, long handle, long offset, int whence) throws FuseException {
    throw new FuseException(Errno.ENOSYS);
  }

  /**
   * Gives an inode another name. Counts one lookup of it.
   *
   * @throws FuseException EPERM, which is what the default does, if there are no hard links
   */
  default Entry link(Caller caller, long inode, long newParent, String newName)
      throws FuseException {
    throw new FuseException(Errno.EPERM);
  }

  /** Returns the names of extended attributes. */
  default List<String> listxattr(Caller caller, long inode) throws FuseException {
    throw new FuseException(Errno.ENOSYS);
  }

  /** Returns an extended attribute; ENODATA if there is none. */
  default byte[] getxattr(Caller caller, long inode, String name) throws FuseException {
    throw new FuseException(Errno.ENOSYS);
  }

  /** Sets an extended attribute; {@code flags} as in setxattr(2). */
  default void setxattr(Caller caller, long inode, String name, byte[] value, int flags)
      throws FuseException {
    throw new FuseException(Errno.ENOSYS);
  }

  /** Removes an extended attribute. */
  default void removexattr(Caller caller, long inode, String name) throws FuseException {
    throw new FuseException(Errno.ENOSYS);
  }
}
