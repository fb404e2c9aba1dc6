// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

import java.io.IOException;

/** One mount, seen from the side of the Linux kernel. */
public interface FuseChannel extends AutoCloseable {
  /**
   * Mounts, answers requests with {@code operations} and returns when the file system is unmounted,
   * by whomever. Called once. {@link FuseOperations#init} is called before the first request.
   *
   * <p>Nothing a method of {@code operations} throws ends the session: a {@link FuseException}
   * becomes its errno, anything else EIO and a line in the log. A request never gets a short or
   * invented answer instead of an error.
   *
   * @throws IOException if mounting fails, with a message for a person, or the session breaks
   */
  void serve(FuseOperations operations) throws IOException;

  /**
   * Unmounts: {@link #serve} then returns. With open files the mountpoint is detached and the
   * session ends when the last of them is closed, or at {@link #close}. Thread-safe, idempotent.
   */
  void unmount() throws IOException;

  /** Unmounts if need be, ends the session now and frees everything. Idempotent. */
  @Override
  void close();
}
