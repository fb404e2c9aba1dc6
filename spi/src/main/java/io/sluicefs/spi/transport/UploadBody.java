// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.transport;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Bytes to send, in the order of their segments. The memory stays the caller's, is not written
 * while the call it was passed to runs, and may be read more than once.
 *
 * @param segments native memory, readable from any thread
 */
public record UploadBody(List<MemorySegment> segments) {
  public UploadBody {
    segments = List.copyOf(segments);
  }

  /** Returns the number of bytes. */
  public long length() {
    long length = 0;
    for (MemorySegment segment : segments) {
      length += segment.byteSize();
    }
    return length;
  }
}
