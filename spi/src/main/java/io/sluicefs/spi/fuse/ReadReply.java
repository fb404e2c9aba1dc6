// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

import io.sluicefs.spi.cache.BlockLease;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a read: pieces of leased blocks, in order. A channel owns one a loop thread, passes
 * it to {@link FuseOperations#read}, sends the pieces and {@linkplain #close closes} it, which
 * gives the leases back and makes it ready for the next read. Not thread-safe.
 */
public final class ReadReply implements AutoCloseable {
  private @Nullable BlockLease[] leases = new BlockLease[16];
  private MemorySegment[] blocks = new MemorySegment[16];
  private long[] offsets = new long[16];
  private long[] lengths = new long[16];
  private int count;
  private long length;

  /** Creates an empty reply. */
  public ReadReply() {}

  /**
   * Appends {@code length} bytes of a block from {@code offset} and takes ownership of the lease:
   * it is closed with this reply, or here if the arguments are out of bounds. Allocates nothing.
   */
  public void adopt(BlockLease lease, long offset, long length) {
    MemorySegment block;
    try {
      block = lease.segment();
      Objects.checkFromIndexSize(offset, length, block.byteSize());
    } catch (IndexOutOfBoundsException e) {
      lease.close();
      throw e;
    }
    if (count == leases.length) {
      grow();
    }
    leases[count] = lease;
    blocks[count] = block;
    offsets[count] = offset;
    lengths[count] = length;
    count++;
    this.length += length;
  }

  private void grow() {
    leases = Arrays.copyOf(leases, count * 2);
    blocks = Arrays.copyOf(blocks, count * 2);
    offsets = Arrays.copyOf(offsets, count * 2);
    lengths = Arrays.copyOf(lengths, count * 2);
  }

  /** Returns the number of pieces. */
  public int count() {
    return count;
  }

  /** Returns the piece at {@code index}, native and read-only, valid until close. */
  public MemorySegment segment(int index) {
    Objects.checkIndex(index, count);
    return blocks[index].asSlice(offsets[index], lengths[index]);
  }

  /** Returns the address of the piece at {@code index}, valid until close. */
  public long address(int index) {
    Objects.checkIndex(index, count);
    return blocks[index].address() + offsets[index];
  }

  /** Returns the bytes in the piece at {@code index}. */
  public long length(int index) {
    Objects.checkIndex(index, count);
    return lengths[index];
  }

  /** Returns the bytes in all pieces. */
  public long length() {
    return length;
  }

  /** Gives all leases back and empties the reply. */
  @Override
  public void close() {
    for (int i = 0; i < count; i++) {
      BlockLease lease = leases[i];
      leases[i] = null;
      blocks[i] = MemorySegment.NULL;
      if (lease != null) {
        lease.close();
      }
    }
    count = 0;
    length = 0;
  }
}
