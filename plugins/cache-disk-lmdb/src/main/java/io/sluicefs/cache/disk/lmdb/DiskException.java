// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import java.io.IOException;

/** The disk, or the index on it, did not do what it was asked to. */
final class DiskException extends IOException {
  private static final long serialVersionUID = 1L;

  private final boolean full;

  /**
   * Creates an exception.
   *
   * @param full whether it is for want of room
   */
  DiskException(String message, boolean full) {
    super(message);
    this.full = full;
  }

  /** Creates an exception of a failure that is not for want of room. */
  DiskException(String message, Throwable cause) {
    super(message, cause);
    this.full = false;
  }

  boolean isFull() {
    return full;
  }
}
