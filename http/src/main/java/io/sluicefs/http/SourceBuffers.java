// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import io.sluicefs.spi.transport.UploadBody;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A request's head and the memory of its body, and how far they are sent. */
final class SourceBuffers {
  /**
   * Most bytes of one write. A blocking socket returns when it took all of them, so that a larger
   * one on a slow line looks like no progress.
   */
  private static final int MAX_WRITE = 256 << 10;

  private static final long MAX_BUFFER = 1 << 30;

  private final ByteBuffer[] buffers;
  private final long headLength;
  private int first;
  private long written;

  SourceBuffers(ByteBuffer head, UploadBody body) {
    headLength = head.remaining();
    List<ByteBuffer> list = new ArrayList<>(body.segments().size() + 1);
    list.add(head);
    for (MemorySegment segment : body.segments()) {
      if (!segment.isNative()) {
        throw new IllegalArgumentException("a body is sent from native memory");
      }
      for (long at = 0; at < segment.byteSize(); at += MAX_BUFFER) {
        list.add(segment.asSlice(at, Math.min(MAX_BUFFER, segment.byteSize() - at)).asByteBuffer());
      }
    }
    buffers = list.toArray(ByteBuffer[]::new);
  }

  /** Returns how many bytes of the body were written. */
  long sent() {
    return Math.max(0, written - headLength);
  }

  boolean isSent() {
    return first == buffers.length;
  }

  /** Writes what comes next. Returns how many bytes. */
  long writeTo(Wire wire) throws IOException {
    int count = 0;
    long room = MAX_WRITE;
    while (room > 0 && count < Wire.MAX_SCATTER && first + count < buffers.length) {
      room -= buffers[first + count].remaining();
      count++;
    }
    ByteBuffer last = buffers[first + count - 1];
    int limit = last.limit();
    if (room < 0) {
      last.limit(limit + (int) room);
    }
    long length;
    try {
      length = wire.write(buffers, first, count);
    } finally {
      last.limit(limit);
    }
    written += length;
    while (first < buffers.length && !buffers[first].hasRemaining()) {
      first++;
    }
    return length;
  }
}
