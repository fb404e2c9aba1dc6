// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A request that waits for a thread, where it does not hinder reading on.
 *
 * @param unique its number
 * @param bytes the request
 * @param length its length
 * @param buffer what holds it, if it is too long to be copied
 */
record QueuedRequest(long unique, MemorySegment bytes, int length, @Nullable RequestBuffer buffer) {
  /** Returns a copy of a request. */
  static QueuedRequest copyOf(Request request) {
    MemorySegment copy = Arena.ofAuto().allocate(request.length(), 8);
    MemorySegment.copy(request.buffer(), 0, copy, 0, request.length());
    return new QueuedRequest(request.unique(), copy, request.length(), null);
  }

  /** Returns a request with the buffer it is in. */
  static QueuedRequest of(Request request, @Nullable RequestBuffer buffer) {
    return new QueuedRequest(request.unique(), request.buffer(), request.length(), buffer);
  }
}
