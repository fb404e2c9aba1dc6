// SPDX-License-Identifier: Apache-2.0
package org.example.sluice.cache.valkey;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The memory of several buffers in a row, from their positions to their limits. Not changed. */
final class Span {
  private final ByteBuffer[] buffers;

  Span(ByteBuffer... buffers) {
    this.buffers = new ByteBuffer[buffers.length];
    for (int i = 0; i < buffers.length; i++) {
      this.buffers[i] = buffers[i].slice();
    }
  }

  /** Returns the bytes from one offset to another, as buffers of their own on the same memory. */
  ByteBuffer[] slices(long from, long to) {
    List<ByteBuffer> slices = new ArrayList<>();
    long start = 0;
    for (ByteBuffer buffer : buffers) {
      long first = Math.max(from, start);
      long last = Math.min(to, start + buffer.limit());
      if (first < last) {
        slices.add(buffer.slice((int) (first - start), (int) (last - first)));
      }
      start += buffer.limit();
    }
    return slices.toArray(ByteBuffer[]::new);
  }
}
