// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

import java.io.IOException;
import java.time.Duration;
import java.util.OptionalInt;

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
   * Returns whether Linux is told for how long to cache each name when it is looked up, by {@link
   * Entry} and {@link FuseOperations#absenceTtl}. If not, {@link MountOptions} says it once, and a
   * running mount cannot change it.
   *
   * @since 1.3
   */
  default boolean tellsTtlsPerEntry() {
    return false;
  }

  /**
   * Unmounts: {@link #serve} then returns. With open files the mountpoint is detached and the
   * session ends when the last of them is closed, or at {@link #close}. Thread-safe, idempotent.
   */
  void unmount() throws IOException;

  /**
   * Returns the descriptor by which another process, which inherits it, can go on with the session;
   * empty if none can, which is what the default says.
   *
   * @since 1.3
   */
  default OptionalInt descriptor() {
    return OptionalInt.empty();
  }

  /**
   * Reads no more requests, answers those that were read, and waits for that; Linux keeps the rest.
   * Then another process can {@linkplain FuseChannelProvider#takeOver take the session over}. What
   * follows is {@link #handOver} or {@link #resume}.
   *
   * @param within how long that may take
   * @return what the other process needs
   * @throws IOException if it cannot be done, or not in time; requests are then answered as before
   * @since 1.3
   */
  default FuseHandover suspend(Duration within) throws IOException {
    throw new IOException("this FUSE channel cannot hand a mount over");
  }

  /**
   * Answers requests again after {@link #suspend}: the other process did not take over.
   *
   * @since 1.3
   */
  default void resume() {}

  /**
   * Leaves the session to the other process after {@link #suspend}: {@link #serve} returns, and
   * {@link #unmount} and {@link #close} leave the mount alone from now on.
   *
   * @since 1.3
   */
  default void handOver() {}

  /** Unmounts if need be, ends the session now and frees everything. Idempotent. */
  @Override
  void close();
}
