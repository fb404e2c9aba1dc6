// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;

/** Bytes of the {@link RandomRing}, of any length, at no cost. */
final class SyntheticContent implements Content {
  private final int start;
  private final long size;

  /**
   * @param start where on the ring the content begins
   */
  SyntheticContent(int start, long size) {
    this.start = start;
    this.size = size;
  }

  int start() {
    return start;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void read(long offset, ByteBuffer into) {
    Ranges.check(offset, into.remaining(), size);
    long position = offset;
    while (into.hasRemaining()) {
      int length = Math.min(into.remaining(), RandomRing.STRETCH);
      into.put(RandomRing.stretch(ringOffset(position), length));
      position += length;
    }
  }

  @Override
  public Pieces pieces(long offset, long length) {
    Ranges.check(offset, length, size);
    return new Pieces() {
      private long position = offset;

      @Override
      public long remaining() {
        return offset + length - position;
      }

      @Override
      public Object next(int limit, boolean sendfile) {
        int bytes = (int) Math.min(remaining(), Math.min(limit, RandomRing.STRETCH));
        ByteBuffer piece = RandomRing.stretch(ringOffset(position), bytes);
        position += bytes;
        return Unpooled.wrappedBuffer(piece);
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public Content slice(long offset, long length) {
    Ranges.check(offset, length, size);
    return new SyntheticContent(ringOffset(offset), length);
  }

  @Override
  public long crc64() {
    CrcAlgebra algebra = Crc64.Variant.XZ.algebra();
    long periods = size / RandomRing.LENGTH;
    long rest = size % RandomRing.LENGTH;
    long whole =
        periods == 0 ? 0 : algebra.repeat(crcOfRing(RandomRing.LENGTH), RandomRing.LENGTH, periods);
    return algebra.combine(whole, crcOfRing(rest), rest);
  }

  private long crcOfRing(long length) {
    Crc64 crc = new Crc64(Crc64.Variant.XZ);
    for (long done = 0; done < length; done += RandomRing.STRETCH) {
      crc.update(
          RandomRing.stretch(ringOffset(done), (int) Math.min(RandomRing.STRETCH, length - done)));
    }
    return crc.getValue();
  }

  private int ringOffset(long position) {
    return (int) ((start + position) % RandomRing.LENGTH);
  }
}
