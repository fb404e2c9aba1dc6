// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.fuse;

import io.sluicefs.spi.cache.BlockLease;
import io.sluicefs.spi.fuse.ReadReply;
import java.lang.foreign.MemorySegment;

/** Content that repeats one piece of memory. */
final class RepeatedContent implements FileContent {
  private final MemorySegment piece;
  private final long size;
  private final BlockLease lease;

  RepeatedContent(MemorySegment piece, long size) {
    this.piece = piece;
    this.size = size;
    lease = new SharedLease(piece);
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void read(long offset, int length, ReadReply reply) {
    long left = length;
    long at = offset % piece.byteSize();
    while (left > 0) {
      long part = Math.min(left, piece.byteSize() - at);
      reply.adopt(lease, at, part);
      left -= part;
      at = 0;
    }
  }

  /** A lease of memory that is never freed. */
  private record SharedLease(MemorySegment segment) implements BlockLease {
    @Override
    public void close() {}
  }
}
