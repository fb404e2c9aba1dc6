// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/** An open /dev/fuse with a file system behind it. Closing the last descriptor ends the session. */
final class Device implements AutoCloseable {
  private final int descriptor;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Creates a device that owns its descriptor. */
  Device(int descriptor) {
    this.descriptor = descriptor;
  }

  /**
   * Waits for a request.
   *
   * @param state the thread's, for errno
   * @return its length, or a negated errno: ENODEV when the file system was unmounted
   */
  int read(MemorySegment state, MemorySegment buffer) {
    return (int) LibC.read(state, descriptor, buffer);
  }

  /**
   * Sends a reply or a notification.
   *
   * @param state the thread's, for errno
   * @param pieces array of {@code struct iovec}
   * @return its length, or a negated errno: ENOENT when nobody waits for it any more
   */
  int write(MemorySegment state, MemorySegment pieces, int count) {
    return (int) LibC.writev(state, descriptor, pieces, count);
  }

  int descriptor() {
    return descriptor;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      LibC.close(descriptor);
    }
  }
}
