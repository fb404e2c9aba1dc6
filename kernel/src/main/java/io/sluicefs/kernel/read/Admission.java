// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.util.concurrent.Semaphore;

/**
 * Lets in only as many reads that load as the cache can hold the blocks of at once: a read keeps
 * its first blocks while it waits for memory for the next, so several could wait for each other for
 * ever. A read that has all its blocks is out again, as it will give them back.
 */
final class Admission {
  private volatile int blocks;
  private final Permits free;

  /** Creates an admission to a cache of so many blocks. */
  Admission(long blocks) {
    this.blocks = (int) Math.min(Integer.MAX_VALUE, blocks);
    this.free = new Permits(this.blocks);
  }

  /** Lets in what a cache of so many blocks holds; those that are in stay. */
  synchronized void resize(long other) {
    int next = (int) Math.min(Integer.MAX_VALUE, other);
    int more = next - blocks;
    blocks = next;
    if (more > 0) {
      free.release(more);
    } else {
      free.reducePermits(-more);
    }
  }

  /** Waits until a read of {@code count} blocks may go on; {@link #leave} is to follow. */
  void enter(int count, ObjectId id) throws StorageException {
    if (count > blocks) {
      throw new StorageException(
          Kind.INVALID_REQUEST,
          "a read of %d blocks of %s at once, and the cache holds %d; raise its capacity"
              .formatted(count, id.key(), blocks));
    }
    try {
      free.acquire(count);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException(Kind.CANCELLED, "interrupted before reading " + id.key(), e);
    }
  }

  /** Notes that the read has its blocks, or gave them back. */
  void leave(int count) {
    free.release(count);
  }

  /** Lets the number of permits be lowered below those that are out. */
  private static final class Permits extends Semaphore {
    private static final long serialVersionUID = 1L;

    Permits(int permits) {
      super(permits, true);
    }

    @Override
    protected void reducePermits(int reduction) {
      super.reducePermits(reduction);
    }
  }
}
