// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

/** Linux error numbers, equal on x86_64 and aarch64. Source: {@code asm-generic/errno.h}. */
public final class Errno {
  /** Operation not permitted. */
  public static final int EPERM = 1;

  /** No such file or directory. */
  public static final int ENOENT = 2;

  /** Interrupted. */
  public static final int EINTR = 4;

  /** Input/output error. */
  public static final int EIO = 5;

  /** No such device or address; for a seek, nothing there. */
  public static final int ENXIO = 6;

  /** Bad file handle. */
  public static final int EBADF = 9;

  /** Try again. */
  public static final int EAGAIN = 11;

  /** Out of memory. */
  public static final int ENOMEM = 12;

  /** Permission denied. */
  public static final int EACCES = 13;

  /** Busy. */
  public static final int EBUSY = 16;

  /** Exists. */
  public static final int EEXIST = 17;

  /** Crosses file systems. */
  public static final int EXDEV = 18;

  /** No such device. */
  public static final int ENODEV = 19;

  /** Not a directory. */
  public static final int ENOTDIR = 20;

  /** Is a directory. */
  public static final int EISDIR = 21;

  /** Invalid argument. */
  public static final int EINVAL = 22;

  /** Too many open files in the process. */
  public static final int EMFILE = 24;

  /** Not a device that takes such a control. */
  public static final int ENOTTY = 25;

  /** File too large. */
  public static final int EFBIG = 27;

  /** No space left. */
  public static final int ENOSPC = 28;

  /** Read-only file system. */
  public static final int EROFS = 30;

  /** Does not fit. */
  public static final int ERANGE = 34;

  /** Name too long. */
  public static final int ENAMETOOLONG = 36;

  /** Not implemented; the Linux kernel stops asking. */
  public static final int ENOSYS = 38;

  /** Directory not empty. */
  public static final int ENOTEMPTY = 39;

  /** Too many symbolic links. */
  public static final int ELOOP = 40;

  /** No such attribute. */
  public static final int ENODATA = 61;

  /** Not what the protocol allows. */
  public static final int EPROTO = 71;

  /** Not supported. */
  public static final int ENOTSUP = 95;

  /** Timed out. */
  public static final int ETIMEDOUT = 110;

  /** The file is another version now. */
  public static final int ESTALE = 116;

  private Errno() {}
}
