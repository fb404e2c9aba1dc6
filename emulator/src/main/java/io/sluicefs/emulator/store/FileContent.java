// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultFileRegion;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A range of a file.
 *
 * @param path the file; never written again
 * @param start where the content begins in it
 * @param size bytes of the content
 */
record FileContent(Path path, long start, long size) implements Content {
  @Override
  public void read(long offset, ByteBuffer into) throws IOException {
    Ranges.check(offset, into.remaining(), size);
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      fill(file, start + offset, into);
    }
  }

  @Override
  public Pieces pieces(long offset, long length) throws IOException {
    Ranges.check(offset, length, size);
    return new FilePieces(
        FileChannel.open(path, StandardOpenOption.READ), start + offset, start + offset + length);
  }

  @Override
  public Content slice(long offset, long length) {
    Ranges.check(offset, length, size);
    return new FileContent(path, start + offset, length);
  }

  @Override
  public long crc64() throws IOException {
    Crc64 crc = new Crc64(Crc64.Variant.XZ);
    ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
    for (long position = 0; position < size; position += buffer.limit()) {
      buffer.clear().limit((int) Math.min(buffer.capacity(), size - position));
      read(position, buffer);
      crc.update(buffer.flip());
    }
    return crc.getValue();
  }

  private static void fill(FileChannel file, long offset, ByteBuffer into) throws IOException {
    long position = offset;
    while (into.hasRemaining()) {
      int read = file.read(into, position);
      if (read < 0) {
        throw new EOFException("file of an object ends at " + position);
      }
      position += read;
    }
  }

  private static final class FilePieces implements Pieces {
    private final FileChannel file;
    private final long end;
    private long position;

    FilePieces(FileChannel file, long position, long end) {
      this.file = file;
      this.position = position;
      this.end = end;
    }

    @Override
    public long remaining() {
      return end - position;
    }

    @Override
    public Object next(int limit, boolean sendfile) throws IOException {
      int length = (int) Math.min(limit, remaining());
      Object piece = sendfile ? region(length) : copied(length);
      position += length;
      return piece;
    }

    private Object region(int length) {
      // The file serves many regions; close() ends it, not the first region that is written.
      return new DefaultFileRegion(file, position, length) {
        @Override
        protected void deallocate() {}
      };
    }

    private Object copied(int length) throws IOException {
      ByteBuf piece = ByteBufAllocator.DEFAULT.directBuffer(length, length);
      try {
        fill(file, position, piece.nioBuffer(0, length));
        return piece.writerIndex(length);
      } catch (IOException e) {
        piece.release();
        throw e;
      }
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
