// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.control;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Messages on a stream: four bytes of length, the highest first, and an object of JSON. */
final class Frames {
  /** No question is longer. */
  static final int MOST_ASKED = 64 << 10;

  /** No answer is longer: some ten thousand open files. */
  static final int MOST_ANSWERED = 16 << 20;

  private Frames() {}

  static void write(SocketChannel channel, Map<String, ?> message) throws IOException {
    byte[] text = Json.text(message).getBytes(StandardCharsets.UTF_8);
    ByteBuffer frame = ByteBuffer.allocate(Integer.BYTES + text.length);
    frame.putInt(text.length).put(text).flip();
    while (frame.hasRemaining()) {
      channel.write(frame);
    }
  }

  /**
   * Reads a message.
   *
   * @throws EOFException if the stream ends before it does
   * @throws ControlException if it is longer than {@code most}, or no object of JSON
   */
  static Map<String, Object> read(SocketChannel channel, int most) throws IOException {
    int length = fill(channel, ByteBuffer.allocate(Integer.BYTES)).getInt();
    if (length < 0 || length > most) {
      throw new ControlException("a message of " + length + " bytes is too long");
    }
    return Json.parse(
        StandardCharsets.UTF_8.decode(fill(channel, ByteBuffer.allocate(length))).toString());
  }

  private static ByteBuffer fill(SocketChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new EOFException("the stream ends within a message");
      }
    }
    return buffer.flip();
  }
}
