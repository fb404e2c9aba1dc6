// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** The memory a range is read into, and how far it is filled. */
final class TargetBuffers {
  private final ByteBuffer[] buffers;
  private final long length;
  private int first;
  private long filled;

  /**
   * Takes the caller's buffers.
   *
   * @throws IllegalArgumentException if they are not direct or have not {@code length} bytes
   */
  TargetBuffers(ByteBuffer[] buffers, long length) {
    this.buffers = buffers;
    this.length = length;
    long remaining = 0;
    for (ByteBuffer buffer : buffers) {
      if (!buffer.isDirect() || buffer.isReadOnly()) {
        throw new IllegalArgumentException("a range is read into writable direct buffers");
      }
      remaining += buffer.remaining();
    }
    if (remaining != length) {
      throw new IllegalArgumentException(
          "%d bytes asked for, room for %d".formatted(length, remaining));
    }
    skipFull();
  }

  private void skipFull() {
    while (first < buffers.length && !buffers[first].hasRemaining()) {
      first++;
    }
  }

  long length() {
    return length;
  }

  long filled() {
    return filled;
  }

  boolean isFull() {
    return filled == length;
  }

  /** Returns the memory that is still to be filled, in order. */
  MemorySegment[] unfilled() {
    MemorySegment[] segments = new MemorySegment[buffers.length];
    for (int i = 0; i < buffers.length; i++) {
      segments[i] = MemorySegment.ofBuffer(buffers[i]);
    }
    return segments;
  }

  /** Reads from {@code body} what comes next. Returns how many bytes, or -1 at its end. */
  long readFrom(AnswerBody body) throws IOException {
    long count = body.read(buffers, first, length - filled);
    if (count > 0) {
      filled += count;
      skipFull();
    }
    return count;
  }
}
