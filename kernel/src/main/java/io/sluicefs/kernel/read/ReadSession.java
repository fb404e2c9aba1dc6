// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.cache.BlockLease;
import io.sluicefs.spi.cache.ObjectBlocks;
import io.sluicefs.spi.fuse.ReadReply;
import io.sluicefs.spi.prefetch.ReadAhead;
import java.util.concurrent.atomic.AtomicBoolean;

/** Reads one version of an object for one open file handle. Thread-safe. */
public final class ReadSession implements AutoCloseable {
  private final ObjectReaders readers;
  private final OpenObject object;
  private final Admission admission;
  private final Fragments fragments;
  private final Attachment attachment;
  private final ObjectBlocks blocks;
  private final long size;
  private final int blockSize;
  private final ReadAheadPlan plan;
  private final AtomicBoolean closed = new AtomicBoolean();

  ReadSession(
      ObjectReaders readers,
      Admission admission,
      Fragments fragments,
      OpenObject object,
      Attachment attachment,
      ReadAhead planner) {
    this.readers = readers;
    this.admission = admission;
    this.fragments = fragments;
    this.object = object;
    this.attachment = attachment;
    this.blocks = attachment.blocks();
    this.size = object.size();
    this.blockSize = object.blockSize();
    this.plan = new ReadAheadPlan(object, attachment, planner, blockSize);
    object.add(plan);
  }

  /** Returns the version that is read. */
  public ObjectId id() {
    return object.id();
  }

  /** Returns its size in bytes. */
  public long size() {
    return size;
  }

  /**
   * Fills {@code reply} with {@code length} bytes from {@code offset}, fewer at the end of the
   * object and none beyond. Waits for what is not there. On an exception the reply is empty.
   *
   * @param reply empty; its leases are the caller's afterwards
   */
  public void read(long offset, int length, ReadReply reply) throws StorageException {
    long end = end(offset, length);
    if (offset >= end) {
      return;
    }
    try {
      object.requireTrust();
      long missing = adoptPresent(offset, end, reply);
      // Before the wait, so that the window is on its way meanwhile.
      int part = object.planAfter(plan, offset, end, missing);
      if (missing < end && !loadFragment(offset, missing, end, reply)) {
        long start = System.nanoTime();
        load(offset, missing, end, part, reply);
        object.tally().waited(System.nanoTime() - start);
        object.delivered(plan, offset, end);
        // What it waited for may be what showed that the rest is wrong.
        object.requireTrust();
      }
      object.tally().read(end - offset);
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
    long end = end(offset, length);
    if (offset >= end) {
      return true;
    }
    object.requireTrust();
    try {
      if (adoptPresent(offset, end, reply) < end) {
        reply.close();
        return false;
      }
      int _ = object.planAfter(plan, offset, end, end);
      object.tally().read(end - offset);
      return true;
    } catch (RuntimeException e) {
      reply.close();
      throw e;
    }
  }

  /** Releases the object and cancels the read-ahead that no other session wants. Idempotent. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      object.remove(plan);
      readers.release(object);
      attachment.release();
    }
  }

  private long end(long offset, int length) {
    if (offset < 0 || length < 0) {
      throw new IllegalArgumentException("not a read: " + length + " bytes from " + offset);
    }
    return offset >= size ? offset : offset + Math.min(length, size - offset);
  }

  /** Adopts blocks while they are there; returns the offset of the first byte that is not. */
  @SuppressWarnings("MustBeClosedChecker") // the reply owns the leases
  private long adoptPresent(long start, long end, ReadReply reply) {
    long at = start;
    while (at < end) {
      BlockLease lease = blocks.get(at / blockSize);
      if (lease == null) {
        return at;
      }
      at = adopt(lease, at, end, reply);
    }
    return at;
  }

  /** Loads a few pages alone, if the read is such; false if it is left to the cache. */
  @SuppressWarnings("MustBeClosedChecker") // the reply owns the lease
  private boolean loadFragment(long offset, long missing, long end, ReadReply reply)
      throws StorageException {
    int length = missing > offset ? 0 : fragments.lengthFor(offset, end);
    if (length == 0 || !object.startFragment(plan, offset, end)) {
      return false;
    }
    long start = fragments.roundDown(offset);
    BlockLease fragment =
        fragments.load(attachment.loader(), new ByteRange(start, Math.min(size, start + length)));
    if (fragment == null) {
      return false;
    }
    reply.adopt(fragment, offset - start, end - offset);
    return true;
  }

  private void load(long offset, long missing, long end, int part, ReadReply reply)
      throws StorageException {
    int count = (int) ((end - 1) / blockSize - offset / blockSize + 1);
    if (missing > offset) {
      // With nothing held while it waits to be let in.
      reply.close();
    }
    admission.enter(count, id());
    try {
      adoptLoaded(offset, end, part, reply);
    } catch (StorageException | RuntimeException e) {
      reply.close();
      throw e;
    } finally {
      admission.leave(count);
    }
  }

  /** Adopts blocks, those not there loaded in requests of up to {@code part}. */
  @SuppressWarnings("MustBeClosedChecker") // the reply owns the leases
  private void adoptLoaded(long start, long end, int part, ReadReply reply)
      throws StorageException {
    long at = start;
    while (at < end) {
      long index = at / blockSize;
      int count = (int) ((end - 1) / blockSize - index + 1);
      at = adopt(blocks.acquire(index, Math.min(part, count)), at, end, reply);
    }
  }

  private long adopt(BlockLease lease, long at, long end, ReadReply reply) {
    long from = at % blockSize;
    long taken = Math.min(blockSize - from, end - at);
    reply.adopt(lease, from, taken);
    return at + taken;
  }
}
