// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import io.netty.buffer.Unpooled;
import io.sluicefs.emulator.store.Pieces;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A complete answer: made by a dialect, changed by nobody, written by {@link AnswerWriter}.
 *
 * @param headers in order; Content-Length included
 * @param body the body's bytes; the writer closes it
 * @param counted whether the body's bytes are of an object
 * @param delivery how it goes out
 */
public record Answer(
    int status,
    List<Map.Entry<String, String>> headers,
    Pieces body,
    boolean counted,
    Delivery delivery) {
  private static final int NONE = 0;

  Answer(int status, List<Map.Entry<String, String>> headers, Pieces body, boolean counted) {
    this(status, headers, body, counted, Delivery.WHOLE);
  }

  public static Builder status(int status) {
    return new Builder(status);
  }

  /** No answer: the connection is closed instead. */
  static Answer none() {
    return status(NONE).empty().delivered(Delivery.ending(-1, Delivery.Ending.CLOSE));
  }

  /** Collects an answer. */
  public static final class Builder {
    private final int status;
    private final List<Map.Entry<String, String>> headers = new ArrayList<>();

    private Builder(int status) {
      this.status = status;
    }

    public Builder header(String name, String value) {
      headers.add(Map.entry(name, value));
      return this;
    }

    public Builder headers(Map<String, String> more) {
      more.forEach(this::header);
      return this;
    }

    /** No body, Content-Length 0. */
    public Answer empty() {
      if (status != 204 && status != 304) {
        header("Content-Length", "0");
      }
      return new Answer(status, headers, new Bytes(ByteBuffer.allocate(0)), false);
    }

    /** No body, but the length one would have: for HEAD. */
    public Answer headOf(long length) {
      header("Content-Length", Long.toString(length));
      return new Answer(status, headers, new Bytes(ByteBuffer.allocate(0)), false);
    }

    public Answer text(String contentType, String text) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      header("Content-Type", contentType);
      header("Content-Length", Integer.toString(bytes.length));
      return new Answer(status, headers, new Bytes(ByteBuffer.wrap(bytes)), false);
    }

    /** Bytes of an object. */
    public Answer object(Pieces pieces) {
      header("Content-Length", Long.toString(pieces.remaining()));
      return new Answer(status, headers, pieces, true);
    }
  }

  /** The same answer without its body: for HEAD. */
  Answer withoutBody() {
    return new Answer(status, headers, new Bytes(ByteBuffer.allocate(0)), false, delivery);
  }

  Answer delivered(Delivery how) {
    return new Answer(status, headers, body, counted, how);
  }

  /** The same answer with one bit of its body changed. */
  Answer flipped(long at) {
    return body.remaining() == 0
        ? this
        : new Answer(status, headers, ChangedPieces.flipped(body, at), counted, delivery);
  }

  /** The beginning of its body, as if it were all. */
  Answer truncated(long length) {
    Pieces beginning = ChangedPieces.cut(body, length);
    return new Answer(status, headers, beginning, counted, delivery)
        .withHeader("Content-Length", Long.toString(beginning.remaining()));
  }

  /** The same answer with another value of a header; an empty one leaves it out. */
  Answer withHeader(String name, String value) {
    List<Map.Entry<String, String>> others =
        new ArrayList<>(
            headers.stream().filter(field -> !field.getKey().equalsIgnoreCase(name)).toList());
    if (!value.isEmpty()) {
      others.add(Map.entry(name, value));
    }
    return new Answer(status, others, body, counted, delivery);
  }

  /** The same answer with one more header. */
  Answer withMore(String name, String value) {
    List<Map.Entry<String, String>> more = new ArrayList<>(headers);
    more.add(Map.entry(name, value));
    return new Answer(status, more, body, counted, delivery);
  }

  /** The same answer with what a regular expression finds in its document replaced. */
  Answer rewritten(String pattern, String replacement) throws IOException {
    byte[] text =
        ChangedPieces.bytes(
            body,
            before ->
                Pattern.compile(pattern, Pattern.DOTALL)
                    .matcher(new String(before, StandardCharsets.UTF_8))
                    .replaceAll(replacement)
                    .getBytes(StandardCharsets.UTF_8));
    return new Answer(status, headers, new Bytes(ByteBuffer.wrap(text)), counted, delivery)
        .withHeader("Content-Length", Integer.toString(text.length));
  }

  private record Bytes(ByteBuffer bytes) implements Pieces {
    @Override
    public long remaining() {
      return bytes.remaining();
    }

    @Override
    public Object next(int limit, boolean sendfile) {
      int length = Math.min(limit, bytes.remaining());
      ByteBuffer piece = bytes.slice(bytes.position(), length);
      bytes.position(bytes.position() + length);
      return Unpooled.wrappedBuffer(piece);
    }

    @Override
    public void close() {}
  }
}
