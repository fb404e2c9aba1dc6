// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.fuse;

import io.sluicefs.spi.cache.BlockLease;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a read: pieces of leased blocks, in order. A channel owns one a loop thread, passes
 * it to {@link FuseOperations#read}, sends the pieces and {@linkplain #close closes} it, which
 * gives the leases back and makes it ready for the next read. Not thread-safe.
 */
public final class ReadReply implements AutoCloseable {
  private static final MemorySegment[] NO_SEGMENTS = {};

  private @Nullable BlockLease[] leases = new BlockLease[16];
  private MemorySegment[] segments = NO_SEGMENTS;
  private int count;
  private long length;

  /** Creates an empty reply. */
  public ReadReply() {}

  /**
   * Appends {@code length} bytes of a block from {@code offset} and takes ownership of the lease:
   * it is closed with this reply, or here if the arguments are out of bounds.
   */
  public void adopt(BlockLease lease, long offset, long length) {
    MemorySegment piece;
    try {
      piece = lease.segment().asSlice(offset, length);
    } catch (IndexOutOfBoundsException e) {
      lease.close();
      throw e;
    }
    if (count == leases.length) {
      leases = Arrays.copyOf(leases, count * 2);
    }
    if (count == segments.length) {
      segments = Arrays.copyOf(segments, Math.max(16, count * 2));
    }
    leases[count] = lease;
    segments[count] = piece;
    count++;
    this.length += length;
  }

  /** Returns the number of pieces. */
  public int count() {
    return count;
  }

  /** Returns the piece at {@code index}, native and read-only, valid until close. */
  public MemorySegment segment(int index) {
    if (index >= count) {
      throw new IndexOutOfBoundsException(index);
    }
    return segments[index];
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
      segments[i] = MemorySegment.NULL;
      if (lease != null) {
        lease.close();
      }
    }
    count = 0;
    length = 0;
  }
}
