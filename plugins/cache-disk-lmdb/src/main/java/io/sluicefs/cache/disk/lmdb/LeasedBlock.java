// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.cache.BlockLease;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A block in memory, from the start of its load until nobody has it any more. Guarded by {@link
 * LeasedBlocks}.
 */
final class LeasedBlock {
  enum State {
    LOADING,
    FILLED,
    FAILED
  }

  private final LeasedBlocks owner;
  private final LeasedBlocks.Key key;
  private final int length;
  private @Nullable NativeBuffer buffer;
  private State state = State.LOADING;
  private @Nullable StorageException failure;

  /** Leases, who waits for one, and the load. */
  int pins = 1;

  LeasedBlock(LeasedBlocks owner, LeasedBlocks.Key key, int length) {
    this.owner = owner;
    this.key = key;
    this.length = length;
  }

  LeasedBlocks.Key key() {
    return key;
  }

  int length() {
    return length;
  }

  State state() {
    return state;
  }

  /** Takes memory over. */
  void adopt(NativeBuffer memory) {
    buffer = memory;
  }

  boolean hasMemory() {
    return buffer != null;
  }

  MemorySegment memory() {
    NativeBuffer memory = buffer;
    if (memory == null) {
      throw new IllegalStateException("block " + key + " has no memory");
    }
    return memory.memory().asSlice(0, length);
  }

  void fill() {
    state = State.FILLED;
  }

  void fail(StorageException why) {
    failure = why;
    state = State.FAILED;
  }

  @Nullable StorageException failure() {
    return failure;
  }

  void free() {
    NativeBuffer memory = buffer;
    buffer = null;
    if (memory != null) {
      memory.close();
    }
  }

  /** Returns a lease that takes one pin over. */
  BlockLease lease() {
    return new Lease();
  }

  private final class Lease implements BlockLease {
    private final AtomicBoolean closed = new AtomicBoolean();
    private final MemorySegment segment = memory().asReadOnly();

    @Override
    public MemorySegment segment() {
      return segment;
    }

    @Override
    public void close() {
      if (!closed.compareAndSet(false, true)) {
        throw new IllegalStateException("the lease of block " + key + " is closed twice");
      }
      owner.unpin(LeasedBlock.this);
    }
  }
}
