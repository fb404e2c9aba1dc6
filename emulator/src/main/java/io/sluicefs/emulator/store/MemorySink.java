// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Collects a content in memory, in buffers of up to {@link #LARGEST} bytes. */
final class MemorySink implements ContentSink {
  private static final int LARGEST = 8 << 20;

  private final List<Content> full = new ArrayList<>();
  private ByteBuffer current;

  /**
   * @param expected bytes that will come as far as is known; only saves memory
   */
  MemorySink(long expected) {
    current = MemoryContent.allocate(Math.clamp(expected, 0, LARGEST));
  }

  @Override
  public void write(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      if (!current.hasRemaining()) {
        int next =
            Math.clamp(
                2L * current.capacity(), Math.clamp(bytes.remaining(), 4096, LARGEST), LARGEST);
        seal();
        current = MemoryContent.allocate(next);
      }
      int length = Math.min(bytes.remaining(), current.remaining());
      current.put(bytes.slice(bytes.position(), length));
      bytes.position(bytes.position() + length);
    }
  }

  private void seal() {
    if (current.position() > 0) {
      full.add(new MemoryContent(current.flip()));
    }
  }

  @Override
  public Content finish() {
    seal();
    return ConcatenatedContent.of(full);
  }

  @Override
  public void discard() {
    full.clear();
  }
}
