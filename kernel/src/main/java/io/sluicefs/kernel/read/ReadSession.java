// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.cache.BlockLease;
import io.sluicefs.spi.cache.ObjectBlocks;
import io.sluicefs.spi.fuse.ReadReply;

/** Reads one version of an object for one open file handle. Thread-safe. */
public final class ReadSession implements AutoCloseable {
  private final ObjectId id;
  private final long size;
  private final int blockSize;
  private final ObjectBlocks blocks;

  ReadSession(ObjectId id, long size, int blockSize, ObjectBlocks blocks) {
    this.id = id;
    this.size = size;
    this.blockSize = blockSize;
    this.blocks = blocks;
  }

  /** Returns the version that is read. */
  public ObjectId id() {
    return id;
  }

  /**
   * Fills {@code reply} with {@code length} bytes from {@code offset}, fewer at the end of the
   * object and none beyond. Waits for what is not there. On an exception the reply is empty.
   *
   * @param reply empty; its leases are the caller's afterwards
   */
  @SuppressWarnings("MustBeClosedChecker") // the reply owns the leases
  public void read(long offset, int length, ReadReply reply) throws StorageException {
    long end = Math.min(size, offset + length);
    try {
      for (long at = offset; at < end; ) {
        long index = at / blockSize;
        long from = at - index * blockSize;
        long take = Math.min(blockSize - from, end - at);
        BlockLease lease = blocks.acquire(index, (int) ((end - 1) / blockSize - index + 1));
        reply.adopt(lease, from, take);
        at += take;
      }
    } catch (StorageException | RuntimeException e) {
      reply.close();
      throw e;
    }
  }

  /**
   * As {@link #read} if everything is there; never blocks.
   *
   * @return false, and an empty reply, if something is not there
   */
  public boolean readIfPresent(long offset, int length, ReadReply reply) throws StorageException {
    return false;
  }

  /** Releases the object and cancels the read-ahead that no other session wants. Idempotent. */
  @Override
  public void close() {
    blocks.close();
  }
}
