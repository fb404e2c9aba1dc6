// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.cache;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.cache.BlockLease;
import io.sluicefs.spi.cache.ObjectBlocks;
import io.sluicefs.spi.transport.ReadProgress;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** An attachment of a {@link LeakCheckedCache}. */
public final class LeakCheckedBlocks implements ObjectBlocks {
  private final ObjectId id;
  private final ObjectBlocks blocks;
  private final Leaks leaks;

  private final AtomicBoolean closed = new AtomicBoolean();

  LeakCheckedBlocks(ObjectId id, ObjectBlocks blocks, Leaks leaks) {
    this.id = id;
    this.blocks = blocks;
    this.leaks = leaks;
    leaks.opened(this, "attachment to " + id);
  }

  @Override
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // what is returned closes it
  public @Nullable BlockLease get(long index) {
    checkOpen("get");
    BlockLease lease = blocks.get(index);
    return lease == null ? null : new Lease(index, lease);
  }

  @Override
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // what is returned closes it
  public BlockLease acquire(long index, int count) throws StorageException {
    checkOpen("acquire");
    return new Lease(index, blocks.acquire(index, count));
  }

  @Override
  public int prefetch(long index, int count) throws StorageException {
    checkOpen("prefetch");
    return blocks.prefetch(index, count);
  }

  @Override
  public void load(ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    checkOpen("load");
    blocks.load(range, target, progress);
  }

  @Override
  public BitSet present() {
    checkOpen("present");
    return blocks.present();
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      leaks.closed(this);
    }
    blocks.close();
  }

  private void checkOpen(String method) {
    if (closed.get()) {
      leaks.misused(method + " of " + id + " after its close");
    }
  }

  private final class Lease implements BlockLease {
    private final long index;
    private final BlockLease lease;
    private final AtomicBoolean closed = new AtomicBoolean();

    Lease(long index, BlockLease lease) {
      this.index = index;
      this.lease = lease;
      leaks.opened(this, "lease of block " + index + " of " + id);
    }

    @Override
    public MemorySegment segment() {
      if (closed.get()) {
        leaks.misused("segment of block " + index + " of " + id + " after its close");
      }
      return lease.segment();
    }

    @Override
    public void close() {
      if (!closed.compareAndSet(false, true)) {
        leaks.misused("lease of block " + index + " of " + id + " closed twice");
      }
      leaks.closed(this);
      lease.close();
    }
  }
}
