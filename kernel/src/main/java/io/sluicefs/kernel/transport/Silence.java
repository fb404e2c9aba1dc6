// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.StorageException.Kind;
import java.util.concurrent.TimeUnit;

/**
 * How long the store has answered nobody. The deadline of a request counts from there, so that a
 * program does not wait for it again with each of its requests once the store is gone.
 */
final class Silence {
  /** A silence nobody noticed for so long says nothing about now. */
  private static final long FORGOTTEN = TimeUnit.MINUTES.toNanos(1);

  private volatile boolean lasting;

  @GuardedBy("this")
  private long since;

  @GuardedBy("this")
  private long noticed;

  /** Notes that the store answered, be it with an error. */
  void end() {
    // Read first: this is on the way of every request, and nearly always there is nothing to end.
    if (lasting) {
      lasting = false;
    }
  }

  /**
   * Notes how a request failed.
   *
   * @return when the silence began; {@code now} if there is none
   */
  long after(Kind failure, long now) {
    if (failure != Kind.UNREACHABLE && failure != Kind.TIMEOUT) {
      end();
      return now;
    }
    synchronized (this) {
      if (!lasting || now - noticed > FORGOTTEN) {
        since = now;
        lasting = true;
      }
      noticed = now;
      return since;
    }
  }
}
