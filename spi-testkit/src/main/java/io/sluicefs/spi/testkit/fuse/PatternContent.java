// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.fuse;

import io.sluicefs.spi.fuse.ReadReply;

/** Content by {@link Pattern}. Answers in pieces of odd length, as a cache of blocks would. */
record PatternContent(long seed, long size) implements FileContent {
  private static final int PIECE = 50_001;

  @Override
  public void read(long offset, int length, ReadReply reply) {
    for (int done = 0; done < length; done += PIECE) {
      int piece = Math.min(PIECE, length - done);
      BufferLease lease = BufferLease.acquire(piece);
      Pattern.fill(seed, offset + done, lease.buffer().asSlice(0, piece));
      reply.adopt(lease, 0, piece);
    }
  }
}
