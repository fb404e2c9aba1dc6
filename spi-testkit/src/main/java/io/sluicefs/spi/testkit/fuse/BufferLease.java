// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.fuse;

import io.sluicefs.spi.cache.BlockLease;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A lease of a buffer that is overwritten and used again once closed, so that whoever reads it too
 * late reads wrong bytes. Remembers the stack of every lease that is open.
 */
final class BufferLease implements BlockLease {
  private static final int SIZE = 64 * 1024;
  private static final byte STALE = (byte) 0xDB;
  private static final Queue<MemorySegment> FREE = new ConcurrentLinkedQueue<>();
  private static final Map<BufferLease, Throwable> OPEN = new ConcurrentHashMap<>();

  private final MemorySegment buffer;
  private final int length;
  private final AtomicBoolean closed = new AtomicBoolean();

  private BufferLease(MemorySegment buffer, int length) {
    this.buffer = buffer;
    this.length = length;
  }

  /** Leases {@code length} bytes, at most 64 KiB. */
  static BufferLease acquire(int length) {
    MemorySegment buffer = FREE.poll();
    BufferLease lease =
        new BufferLease(buffer == null ? Arena.ofAuto().allocate(SIZE) : buffer, length);
    OPEN.put(lease, new Throwable("leased here"));
    return lease;
  }

  /** Fails with the stacks of the leases that are open, if there are any. */
  static void checkAllClosed() {
    if (!OPEN.isEmpty()) {
      AssertionError leak = new AssertionError(OPEN.size() + " leases were never closed");
      OPEN.values().forEach(leak::addSuppressed);
      OPEN.clear();
      throw leak;
    }
  }

  /** Returns the memory, for whoever fills it. */
  MemorySegment buffer() {
    return buffer;
  }

  @Override
  public MemorySegment segment() {
    return buffer.asSlice(0, length).asReadOnly();
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      throw new IllegalStateException("a lease was closed twice");
    }
    OPEN.remove(this);
    buffer.fill(STALE);
    FREE.add(buffer);
  }
}
