// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.cache;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ReadProgress;
import java.nio.ByteBuffer;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * The blocks of one version of an object: one reference to it, released by {@link #close}.
 * Thread-safe.
 *
 * <p>Single flight is part of the contract: however many threads and references ask for a block,
 * one load of it is under way at a time, and all of them get its outcome. A load that was cancelled
 * is not an outcome: a thread that still wants the block loads it itself. Bytes are handed out only
 * after the loader announced them good; a reader of a block does not wait for the rest of the range
 * it is loaded with.
 *
 * <p>It is itself a loader, so that a cache can stand above it as the next tier.
 */
public interface ObjectBlocks extends BlockLoader, AutoCloseable {
  /** Returns the lease of a block that is there, or null. Never blocks, never loads. */
  @MustBeClosed
  @Nullable BlockLease get(long index);

  /**
   * Returns the lease of a block, loading it if it is not there.
   *
   * @param index the block, from 0
   * @param count how many blocks from {@code index} the caller is about to ask for, at least 1:
   *     those of them that are neither there nor under way may be loaded in the same request.
   *     Memory for {@code index} is waited for; memory for the others is taken as {@link #prefetch}
   *     takes it. If their load fails and that of {@code index} does not, the failure is theirs.
   * @throws StorageException the loader's, or {@link Kind#CANCELLED} if interrupted
   * @throws IndexOutOfBoundsException if the object has no such block
   */
  @MustBeClosed
  BlockLease acquire(long index, int count) throws StorageException;

  /**
   * Loads those of {@code count} blocks from {@code index} that are neither there nor under way,
   * each run of neighbours in one request, as read-ahead: it never waits for memory and never
   * evicts a block that was loaded ahead and may still be read. Returns when what it loads is
   * there. Interrupt to cancel.
   *
   * @return how many blocks from {@code index} are there or were under way; less than {@code count}
   *     when memory was short
   * @throws StorageException the loader's, or {@link Kind#CANCELLED} if interrupted
   */
  int prefetch(long index, int count) throws StorageException;

  /**
   * Returns the blocks that are there at about this moment, for an operator to see; the caller's.
   * None if this cache does not say. Called seldom.
   *
   * @since 1.2
   */
  default BitSet present() {
    return new BitSet();
  }

  /**
   * {@inheritDoc} Copies from the blocks, loading what is missing; a tier that can do better
   * overrides.
   */
  @Override
  void load(ByteRange range, ByteBuffer[] target, ReadProgress progress) throws StorageException;

  /**
   * Releases this reference; with the last one of an object its blocks go as the retention says.
   */
  @Override
  void close();
}
