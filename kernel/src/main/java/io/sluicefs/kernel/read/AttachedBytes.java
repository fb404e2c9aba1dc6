// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import io.sluicefs.spi.cache.BlockLease;
import io.sluicefs.spi.prefetch.PresentBytes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** What a planner sees of its object: the blocks that are in the first cache. */
final class AttachedBytes implements PresentBytes {
  private final Attachment attachment;
  private final long size;
  private final int blockSize;

  AttachedBytes(Attachment attachment, long size, int blockSize) {
    this.attachment = attachment;
    this.size = size;
    this.blockSize = blockSize;
  }

  @Override
  public int copy(long offset, ByteBuffer target) {
    int copied = 0;
    while (target.hasRemaining() && offset + copied < size) {
      int count = copyOfBlock(offset + copied, target);
      if (count == 0) {
        return copied;
      }
      copied += count;
    }
    return copied;
  }

  private int copyOfBlock(long offset, ByteBuffer target) {
    try (BlockLease lease = attachment.blocks().get(offset / blockSize)) {
      if (lease == null) {
        return 0;
      }
      long from = offset % blockSize;
      int count = (int) Math.min(target.remaining(), lease.segment().byteSize() - from);
      MemorySegment.ofBuffer(target).copyFrom(lease.segment().asSlice(from, count));
      target.position(target.position() + count);
      return count;
    }
  }
}
