// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/** Reads a content from its first byte to its last. */
final class ContentChannel implements ReadableByteChannel {
  private final Content content;
  private long position;
  private boolean open = true;

  ContentChannel(Content content) {
    this.content = content;
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    long left = content.size() - position;
    if (left == 0) {
      return -1;
    }
    int limit = into.limit();
    int length = (int) Math.min(left, into.remaining());
    into.limit(into.position() + length);
    content.read(position, into);
    into.limit(limit);
    position += length;
    return length;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() {
    open = false;
  }
}
