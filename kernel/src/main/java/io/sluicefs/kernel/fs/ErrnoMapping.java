// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import io.sluicefs.kernel.namespace.CapacityException;
import io.sluicefs.kernel.staging.StagingFullException;
import io.sluicefs.kernel.write.WriteRefusedException;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import java.io.IOException;

/**
 * The only place where failures become errnos. What an operator should know is logged here; what is
 * part of the day (an absent name, an interrupted caller) is not.
 *
 * <table>
 * <caption>Kinds</caption>
 * <tr><td>NOT_FOUND</td><td>ENOENT for a name, ESTALE for a file that is or was open</td></tr>
 * <tr><td>PRECONDITION_FAILED</td><td>ESTALE: the object is another version now</td></tr>
 * <tr><td>ACCESS_DENIED, BAD_CREDENTIALS</td><td>EACCES</td></tr>
 * <tr><td>TIMEOUT</td><td>ETIMEDOUT, as NFS does: its text names the network, EIO's the disk</td></tr>
 * <tr><td>CANCELLED</td><td>EINTR</td></tr>
 * <tr><td>UNSUPPORTED</td><td>ENOTSUP</td></tr>
 * <tr><td>ALREADY_EXISTS</td><td>EEXIST</td></tr>
 * <tr><td>all others</td><td>EIO</td></tr>
 * </table>
 */
final class ErrnoMapping {
  private final FailureLog log;

  ErrnoMapping(FailureLog log) {
    this.log = log;
  }

  /**
   * Maps a failure to find a name, to list, or to open. An absent name is part of the day, and so
   * is an inode whose name leads to another version by now: Linux looks the name up again.
   */
  FuseException ofName(String operation, String key, StorageException failure) {
    return switch (failure.kind()) {
      case NOT_FOUND -> new FuseException(Errno.ENOENT);
      case PRECONDITION_FAILED -> new FuseException(Errno.ESTALE);
      default -> logged(operation, key, failure);
    };
  }

  /** Maps a failure to read from an open file. */
  FuseException ofRead(String key, IOException failure) {
    return ofOpenFile("read", key, failure);
  }

  /** Maps a failure to change an open file, or to store it. */
  FuseException ofOpenFile(String operation, String key, IOException failure) {
    return switch (failure) {
      case StorageException storage -> logged(operation, key, storage);
      case WriteRefusedException refused ->
          logged(operation, key, errno(refused.reason()), refused.reason().name(), refused);
      case StagingFullException full -> logged(operation, key, Errno.ENOSPC, "STAGING_FULL", full);
      default -> logged(operation, key, Errno.EIO, "STAGING", failure);
    };
  }

  private static int errno(WriteRefusedException.Reason reason) {
    return switch (reason) {
      case NO_STAGING -> Errno.ENOTSUP;
      case NO_MEMORY -> Errno.ENOMEM;
      case TOO_LARGE -> Errno.EFBIG;
      case STREAMED -> Errno.EBUSY;
    };
  }

  private FuseException logged(
      String operation, String key, int errno, String kind, Exception failure) {
    log.failed(operation, key, errno, kind, failure);
    return new FuseException(errno);
  }

  /** Maps a limit that was reached. */
  FuseException ofLimit(String operation, String key, CapacityException failure) {
    log.failed(operation, key, Errno.ENOMEM, "LIMIT", failure);
    return new FuseException(Errno.ENOMEM);
  }

  /** Maps an interruption of the calling thread, which stays interrupted. */
  static FuseException ofInterrupt() {
    Thread.currentThread().interrupt();
    return new FuseException(Errno.EINTR);
  }

  private FuseException logged(String operation, String key, StorageException failure) {
    int errno = errno(failure.kind());
    if (failure.kind() != Kind.CANCELLED) {
      log.failed(operation, key, errno, failure.kind().name(), failure);
    }
    return new FuseException(errno);
  }

  private static int errno(Kind kind) {
    return switch (kind) {
      case NOT_FOUND, PRECONDITION_FAILED -> Errno.ESTALE;
      case ACCESS_DENIED, BAD_CREDENTIALS -> Errno.EACCES;
      case TIMEOUT -> Errno.ETIMEDOUT;
      case CANCELLED -> Errno.EINTR;
      case UNSUPPORTED -> Errno.ENOTSUP;
      case ALREADY_EXISTS -> Errno.EEXIST;
      case NO_SUCH_BUCKET, INVALID_REQUEST, THROTTLED, SERVER_ERROR, UNREACHABLE, CORRUPT ->
          Errno.EIO;
    };
  }
}
