// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The bytes of a connection as HTTP sees them: plain, or after TLS. Used by one thread at once. */
interface Wire {
  /** Most buffers one read fills, or one write takes from. */
  int MAX_SCATTER = 16;

  /**
   * Waits for bytes and reads them into {@code count} buffers from index {@code first}, in order.
   *
   * @param count 1 to {@link #MAX_SCATTER}
   * @return how many bytes, at least 1, or -1 at the end
   */
  long read(ByteBuffer[] buffers, int first, int count) throws IOException;

  /** Waits for bytes and reads them. Returns how many, at least 1, or -1 at the end. */
  int read(ByteBuffer buffer) throws IOException;

  /**
   * Writes bytes of {@code count} buffers from index {@code first}, in order.
   *
   * @param count 1 to {@link #MAX_SCATTER}; at least one has bytes
   * @return how many bytes the buffers moved by, perhaps not all, perhaps none
   */
  long write(ByteBuffer[] buffers, int first, int count) throws IOException;

  /** Writes all of {@code buffer}. */
  void write(ByteBuffer buffer) throws IOException;

  /**
   * Returns whether an idle connection looks good for another request, without waiting. A server
   * closes idle connections when it likes.
   */
  boolean isIdleAndOpen() throws IOException;
}
