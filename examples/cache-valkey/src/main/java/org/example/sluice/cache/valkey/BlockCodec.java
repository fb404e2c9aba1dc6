// SPDX-License-Identifier: Apache-2.0
package org.example.sluice.cache.valkey;

import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.ToByteBufEncoder;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/** Sends blocks from where they are; what comes back is taken by {@link BlocksOutput}. */
final class BlockCodec
    implements RedisCodec<byte[], BorrowedBytes>, ToByteBufEncoder<byte[], BorrowedBytes> {
  @Override
  public void encodeKey(byte[] key, ByteBuf target) {
    target.writeBytes(key);
  }

  @Override
  public void encodeValue(BorrowedBytes value, ByteBuf target) {
    value.drain(target::writeBytes);
  }

  @Override
  public int estimateSize(Object keyOrValue) {
    return keyOrValue instanceof BorrowedBytes bytes
        ? BorrowedBytes.HEADER + bytes.length()
        : ((byte[]) keyOrValue).length;
  }

  @Override
  public boolean isEstimateExact() {
    return true;
  }

  @Override
  public ByteBuffer encodeKey(byte[] key) {
    return ByteBuffer.wrap(key);
  }

  @Override
  public ByteBuffer encodeValue(BorrowedBytes value) {
    ByteBuffer copy = ByteBuffer.allocate(BorrowedBytes.HEADER + value.length());
    value.drain(copy::put);
    return copy.flip();
  }

  @Override
  public byte[] decodeKey(ByteBuffer bytes) {
    byte[] key = new byte[bytes.remaining()];
    bytes.get(key);
    return key;
  }

  @Override
  public BorrowedBytes decodeValue(ByteBuffer bytes) {
    throw new UnsupportedOperationException("values are taken as they come");
  }
}
