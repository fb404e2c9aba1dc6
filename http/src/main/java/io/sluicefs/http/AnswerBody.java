// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The body of an answer without what frames it. Bytes that arrived with the head are taken from the
 * head's buffer; the wire then fills the reader's memory itself.
 */
final class AnswerBody {
  private enum Framing {
    LENGTH,
    CHUNKS,
    CONNECTION_END
  }

  /** No chunk of a sane server comes with a longer line. */
  private static final int MAX_LINE = 4 << 10;

  private static final int MAX_SIZE_DIGITS = 15;

  private final Wire wire;

  /** Bytes that came and were not taken yet, between position and limit. */
  private final ByteBuffer ahead;

  private final Framing framing;
  private long left;
  private boolean inChunks;
  private boolean ended;

  private AnswerBody(Wire wire, ByteBuffer ahead, Framing framing, long left) {
    this.wire = wire;
    this.ahead = ahead;
    this.framing = framing;
    this.left = left;
    this.ended = framing == Framing.LENGTH && left == 0;
  }

  /**
   * Returns the body that follows a head.
   *
   * @param ahead what came with the head, between position and limit; is written to
   */
  static AnswerBody of(AnswerHead head, Wire wire, ByteBuffer ahead)
      throws MalformedAnswerException {
    if (head.isChunked()) {
      return new AnswerBody(wire, ahead, Framing.CHUNKS, 0);
    }
    if (head.status() == 204 || head.status() == 304) {
      return new AnswerBody(wire, ahead, Framing.LENGTH, 0);
    }
    long length = head.contentLength();
    return length >= 0
        ? new AnswerBody(wire, ahead, Framing.LENGTH, length)
        : new AnswerBody(wire, ahead, Framing.CONNECTION_END, Long.MAX_VALUE);
  }

  /** Returns the body of an answer that has none, whatever its head says. */
  static AnswerBody none(Wire wire, ByteBuffer ahead) {
    return new AnswerBody(wire, ahead, Framing.LENGTH, 0);
  }

  /** Returns the length of the body, or -1 when only its end will tell. */
  long length() {
    return framing == Framing.LENGTH ? left : -1;
  }

  /** Returns whether the end of the body was seen. */
  boolean isEnded() {
    return ended;
  }

  /** Returns whether nothing but the body has come. */
  boolean isClean() {
    return ended && !ahead.hasRemaining() && framing != Framing.CONNECTION_END;
  }

  /**
   * Waits for bytes of the body and reads them into the buffers from index {@code first}, never
   * past its end.
   *
   * @return how many bytes, at least 1, or -1 at the end of the body
   */
  long read(ByteBuffer[] buffers, int first, long wanted) throws IOException {
    if (ended || (left == 0 && !nextChunk())) {
      return -1;
    }
    if (ahead.hasRemaining() || wanted > left) {
      return readInto(buffers[first]);
    }
    int count = Math.min(buffers.length - first, Wire.MAX_SCATTER);
    return taken(wire.read(buffers, first, count));
  }

  /** Waits for bytes of the body and drops them. Returns how many, or -1 at the end of the body. */
  long skip() throws IOException {
    ByteBuffer[] dropped = {ByteBuffer.allocate(1)};
    return read(dropped, 0, 1);
  }

  private long readInto(ByteBuffer buffer) throws IOException {
    int length = (int) Math.min(buffer.remaining(), left);
    if (ahead.hasRemaining()) {
      int copied = Math.min(length, ahead.remaining());
      buffer.put(buffer.position(), ahead, ahead.position(), copied);
      buffer.position(buffer.position() + copied);
      ahead.position(ahead.position() + copied);
      return taken(copied);
    }
    int limit = buffer.limit();
    buffer.limit(buffer.position() + length);
    try {
      return taken(wire.read(buffer));
    } finally {
      buffer.limit(limit);
    }
  }

  private long taken(long bytes) throws IOException {
    if (bytes < 0) {
      if (framing != Framing.CONNECTION_END) {
        throw new TruncatedAnswerException("the connection ended within the body");
      }
      ended = true;
      return -1;
    }
    left -= bytes;
    ended = framing == Framing.LENGTH && left == 0;
    return bytes;
  }

  /** Reads up to the data of the next chunk. Returns false after the last one and its trailer. */
  private boolean nextChunk() throws IOException {
    if (framing != Framing.CHUNKS) {
      return false;
    }
    if (inChunks && !line().isEmpty()) {
      throw new MalformedAnswerException("a chunk of the answer is longer than it says");
    }
    inChunks = true;
    left = chunkSize(line());
    if (left > 0) {
      return true;
    }
    for (int trailer = 0; !line().isEmpty(); ) {
      trailer++;
      if (trailer > MAX_LINE) {
        throw new MalformedAnswerException("the answer's trailer does not end");
      }
    }
    ended = true;
    return false;
  }

  private static long chunkSize(String line) throws MalformedAnswerException {
    int end = line.indexOf(';');
    String digits = (end < 0 ? line : line.substring(0, end)).strip();
    long size = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = Character.digit(digits.charAt(i), 16);
      if (digit < 0 || i >= MAX_SIZE_DIGITS) {
        throw new MalformedAnswerException("a chunk of the answer has no size");
      }
      size = size * 16 + digit;
    }
    if (digits.isEmpty()) {
      throw new MalformedAnswerException("a chunk of the answer has no size");
    }
    return size;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      if (!ahead.hasRemaining()) {
        ahead.clear();
        int count;
        try {
          count = wire.read(ahead);
        } finally {
          ahead.flip();
        }
        if (count < 0) {
          throw new TruncatedAnswerException("the connection ended within the body");
        }
      }
      char c = (char) (ahead.get() & 0xff);
      if (c == '\n') {
        int length = line.length();
        return length > 0 && line.charAt(length - 1) == '\r'
            ? line.substring(0, length - 1)
            : line.toString();
      }
      if (line.length() == MAX_LINE) {
        throw new MalformedAnswerException("a line between chunks of the answer does not end");
      }
      line.append(c);
    }
  }
}
