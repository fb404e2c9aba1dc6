// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.ReferenceCountUtil;
import io.sluicefs.emulator.store.Pieces;
import java.io.IOException;
import java.util.function.UnaryOperator;

/** Part of a body, or one that is not quite what it was. */
final class ChangedPieces implements Pieces {
  private final Pieces pieces;
  private final long flipped;
  private long left;
  private long position;

  private ChangedPieces(Pieces pieces, long length, long flipped) {
    this.pieces = pieces;
    this.left = Math.min(length, pieces.remaining());
    this.flipped = flipped;
  }

  /** The first bytes of a body. */
  static Pieces cut(Pieces pieces, long length) {
    return length >= pieces.remaining() ? pieces : new ChangedPieces(pieces, length, -1);
  }

  /** A body one bit of which is another. */
  static Pieces flipped(Pieces pieces, long at) {
    return new ChangedPieces(pieces, Long.MAX_VALUE, Math.min(at, pieces.remaining() - 1));
  }

  /** Another text than a body has, with the charset of bytes that mean themselves. */
  static byte[] bytes(Pieces pieces, UnaryOperator<byte[]> change) throws IOException {
    ByteBuf all = Unpooled.buffer();
    try (pieces) {
      while (pieces.remaining() > 0) {
        ByteBuf piece = (ByteBuf) pieces.next(1 << 20, false);
        all.writeBytes(piece);
        piece.release();
      }
      byte[] before = new byte[all.readableBytes()];
      all.readBytes(before);
      return change.apply(before);
    } finally {
      all.release();
    }
  }

  @Override
  public long remaining() {
    return left;
  }

  @Override
  public Object next(int limit, boolean sendfile) throws IOException {
    long before = pieces.remaining();
    Object piece = pieces.next((int) Math.min(limit, left), sendfile && flipped < 0);
    long length = before - pieces.remaining();
    long start = position;
    position += length;
    left -= length;
    if (flipped < start || flipped >= position) {
      return piece;
    }
    try {
      ByteBuf changed = Unpooled.copiedBuffer((ByteBuf) piece);
      int index = (int) (flipped - start);
      changed.setByte(index, changed.getByte(index) ^ 1);
      return changed;
    } finally {
      ReferenceCountUtil.release(piece);
    }
  }

  @Override
  public void close() throws IOException {
    pieces.close();
  }
}
