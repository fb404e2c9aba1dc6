// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

/**
 * Numbers of the protocol between Linux and the server of a file system. They are the same on every
 * architecture. Source: {@code linux/fuse.h}.
 */
final class Protocol {
  static final int MAJOR = 7;

  /** The newest this channel knows. */
  static final int MINOR = 45;

  /** From here on structures have the sizes used here; Linux 3.15 has it. */
  static final int OLDEST_MINOR = 23;

  /** Bytes of the header of a request. */
  static final int REQUEST_HEADER = 40;

  /** Bytes of the header of a reply. */
  static final int REPLY_HEADER = 16;

  /** Bytes of a WRITE that are not data, without the header. */
  static final int WRITE_HEADER = 40;

  /** Bytes of data in the longest read or write Linux is let ask for. */
  static final int MAX_DATA = 1 << 20;

  static final int LOOKUP = 1;
  static final int FORGET = 2;
  static final int GETATTR = 3;
  static final int SETATTR = 4;
  static final int READLINK = 5;
  static final int SYMLINK = 6;
  static final int MKNOD = 8;
  static final int MKDIR = 9;
  static final int UNLINK = 10;
  static final int RMDIR = 11;
  static final int RENAME = 12;
  static final int LINK = 13;
  static final int OPEN = 14;
  static final int READ = 15;
  static final int WRITE = 16;
  static final int STATFS = 17;
  static final int RELEASE = 18;
  static final int FSYNC = 20;
  static final int SETXATTR = 21;
  static final int GETXATTR = 22;
  static final int LISTXATTR = 23;
  static final int REMOVEXATTR = 24;
  static final int FLUSH = 25;
  static final int INIT = 26;
  static final int OPENDIR = 27;
  static final int READDIR = 28;
  static final int RELEASEDIR = 29;
  static final int ACCESS = 34;
  static final int CREATE = 35;
  static final int INTERRUPT = 36;
  static final int DESTROY = 38;
  static final int IOCTL = 39;
  static final int NOTIFY_REPLY = 41;
  static final int BATCH_FORGET = 42;
  static final int FALLOCATE = 43;
  static final int READDIRPLUS = 44;
  static final int RENAME2 = 45;
  static final int LSEEK = 46;
  static final int COPY_FILE_RANGE = 47;
  static final int COPY_FILE_RANGE_64 = 53;

  /** What a notification carries in place of an error. */
  static final int NOTIFY_INVAL_INODE = 2;

  static final int NOTIFY_INVAL_ENTRY = 3;

  /** What an open is answered with. */
  static final int FOPEN_DIRECT_IO = 1;

  static final int FOPEN_KEEP_CACHE = 1 << 1;

  /** What a SETATTR changes. */
  static final int FATTR_MODE = 1;

  static final int FATTR_UID = 1 << 1;
  static final int FATTR_GID = 1 << 2;
  static final int FATTR_SIZE = 1 << 3;
  static final int FATTR_MTIME = 1 << 5;
  static final int FATTR_FH = 1 << 6;
  static final int FATTR_MTIME_NOW = 1 << 8;

  static final int FSYNC_FDATASYNC = 1;

  /** The caller may not keep the bits that run the file with its owner's rights. */
  static final int WRITE_KILL_PRIVILEGES = 1 << 2;

  static final int OPEN_KILL_PRIVILEGES = 1;
  static final int FATTR_KILL_PRIVILEGES = 1 << 11;

  private Protocol() {}
}
