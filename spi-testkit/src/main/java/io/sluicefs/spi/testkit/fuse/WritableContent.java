// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.sluicefs.spi.fuse.ReadReply;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Content in an array, for small files. */
final class WritableContent implements FileContent {
  private static final int PIECE = 60_000;

  private byte[] bytes;
  private int size;

  WritableContent(byte[] bytes) {
    this.bytes = bytes.clone();
    size = bytes.length;
  }

  @Override
  public synchronized long size() {
    return size;
  }

  @Override
  public synchronized void read(long offset, int length, ReadReply reply) {
    for (int done = 0; done < length; done += PIECE) {
      int piece = Math.min(PIECE, length - done);
      BufferLease lease = BufferLease.acquire(piece);
      MemorySegment.copy(bytes, (int) offset + done, lease.buffer(), JAVA_BYTE, 0, piece);
      reply.adopt(lease, 0, piece);
    }
  }

  synchronized void write(long offset, MemorySegment data) {
    int end = Math.toIntExact(offset + data.byteSize());
    if (end > size) {
      resize(end);
    }
    MemorySegment.copy(data, JAVA_BYTE, 0, bytes, (int) offset, (int) data.byteSize());
  }

  synchronized void resize(long newSize) {
    int to = Math.toIntExact(newSize);
    if (to > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(to, Math.min(Integer.MAX_VALUE / 2, to) * 2));
    }
    if (to < size) {
      Arrays.fill(bytes, to, size, (byte) 0);
    }
    size = to;
  }

  synchronized byte[] copy() {
    return Arrays.copyOf(bytes, size);
  }
}
