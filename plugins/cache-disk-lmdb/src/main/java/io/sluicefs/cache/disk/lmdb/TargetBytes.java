// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The memory a caller wants filled, as one row of bytes whatever buffers it is made of. */
final class TargetBytes {
  private final ByteBuffer[] buffers;
  private final MemorySegment[] segments;

  /** Takes what remains of the buffers now. */
  TargetBytes(ByteBuffer[] buffers) {
    this.buffers = buffers;
    this.segments = new MemorySegment[buffers.length];
    for (int i = 0; i < buffers.length; i++) {
      segments[i] = MemorySegment.ofBuffer(buffers[i]);
    }
  }

  /** Returns the memory of a range, in order. */
  List<MemorySegment> slices(long from, long to) {
    List<MemorySegment> slices = new ArrayList<>(segments.length);
    long start = 0;
    for (MemorySegment segment : segments) {
      long end = start + segment.byteSize();
      if (start < to && from < end) {
        long first = Math.max(0, from - start);
        slices.add(segment.asSlice(first, Math.min(end, to) - start - first));
      }
      start = end;
    }
    return slices;
  }

  /** Returns buffers over a range. */
  ByteBuffer[] buffers(long from, long to) {
    return slices(from, to).stream().map(MemorySegment::asByteBuffer).toArray(ByteBuffer[]::new);
  }

  void copyTo(long from, MemorySegment target) {
    long at = 0;
    for (MemorySegment slice : slices(from, from + target.byteSize())) {
      MemorySegment.copy(slice, 0, target, at, slice.byteSize());
      at += slice.byteSize();
    }
  }

  void copyFrom(MemorySegment source, long to) {
    long at = 0;
    for (MemorySegment slice : slices(to, to + source.byteSize())) {
      MemorySegment.copy(source, at, slice, 0, slice.byteSize());
      at += slice.byteSize();
    }
  }

  /** Moves the positions of the buffers behind the first {@code bytes}. */
  void advance(long bytes) {
    long left = bytes;
    for (int i = 0; i < buffers.length; i++) {
      int filled = (int) Math.min(left, segments[i].byteSize());
      buffers[i].position(buffers[i].limit() - (int) segments[i].byteSize() + filled);
      left -= filled;
    }
  }
}
