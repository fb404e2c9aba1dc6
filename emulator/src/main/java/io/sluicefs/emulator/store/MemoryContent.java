// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;

/** Bytes in one buffer. */
final class MemoryContent implements Content {
  /** Below this a heap array costs less than native memory does. */
  static final int HEAP_LIMIT = 64 << 10;

  private final ByteBuffer bytes;

  /**
   * @param bytes from index 0 to its limit; not changed any more
   */
  MemoryContent(ByteBuffer bytes) {
    this.bytes = bytes.slice(0, bytes.limit()).asReadOnlyBuffer();
  }

  static ByteBuffer allocate(int length) {
    return length <= HEAP_LIMIT ? ByteBuffer.allocate(length) : ByteBuffer.allocateDirect(length);
  }

  @Override
  public long size() {
    return bytes.limit();
  }

  @Override
  public void read(long offset, ByteBuffer into) {
    Ranges.check(offset, into.remaining(), size());
    into.put(bytes.slice((int) offset, into.remaining()));
  }

  @Override
  public Pieces pieces(long offset, long length) {
    Ranges.check(offset, length, size());
    ByteBuffer range = bytes.slice((int) offset, (int) length);
    return new Pieces() {
      @Override
      public long remaining() {
        return range.remaining();
      }

      @Override
      public Object next(int limit, boolean sendfile) {
        int length = Math.min(limit, range.remaining());
        ByteBuffer piece = range.slice(range.position(), length);
        range.position(range.position() + length);
        return Unpooled.wrappedBuffer(piece);
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public Content slice(long offset, long length) {
    Ranges.check(offset, length, size());
    return new MemoryContent(bytes.slice((int) offset, (int) length));
  }

  @Override
  public long crc64() {
    Crc64 crc = new Crc64(Crc64.Variant.XZ);
    crc.update(bytes.duplicate());
    return crc.getValue();
  }
}
