// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A wire without TLS: the socket fills and empties the caller's memory itself. */
final class PlainWire implements Wire {
  private final SocketChannel channel;
  private final ByteBuffer probe = ByteBuffer.allocateDirect(1);

  PlainWire(SocketChannel channel) {
    this.channel = channel;
  }

  @Override
  public long read(ByteBuffer[] buffers, int first, int count) throws IOException {
    return count == 1 ? channel.read(buffers[first]) : channel.read(buffers, first, count);
  }

  @Override
  public int read(ByteBuffer buffer) throws IOException {
    return channel.read(buffer);
  }

  @Override
  public long write(ByteBuffer[] buffers, int first, int count) throws IOException {
    return count == 1 ? channel.write(buffers[first]) : channel.write(buffers, first, count);
  }

  @Override
  public void write(ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  @Override
  public boolean isIdleAndOpen() throws IOException {
    // A byte nobody asked for, such as a late 408, spoils the connection just as its end does.
    channel.configureBlocking(false);
    try {
      return channel.read(probe.clear()) == 0;
    } finally {
      channel.configureBlocking(true);
    }
  }
}
