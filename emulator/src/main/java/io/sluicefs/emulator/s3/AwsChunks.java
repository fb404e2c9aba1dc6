// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.store.Digests;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Takes the aws-chunked coding off a body: chunks, their signatures, trailers and theirs. */
final class AwsChunks {
  private static final int LONGEST_LINE = 16 << 10;
  private static final String SIGNATURE = "chunk-signature=";

  private final @Nullable ChunkSignatures signatures;
  private final Sink sink;
  private final StringBuilder line = new StringBuilder();
  private final StringBuilder trailerText = new StringBuilder();
  private final Map<String, String> trailers = new HashMap<>();
  private final MessageDigest digest = Digests.sha256();
  private State state = State.SIZE;
  private long left;
  private boolean last;
  private String chunkSignature = "";

  /** Where the decoded bytes go. */
  @FunctionalInterface
  interface Sink {
    void accept(ByteBuffer bytes) throws IOException;
  }

  private enum State {
    SIZE,
    DATA,
    END_OF_DATA,
    TRAILER,
    DONE
  }

  /**
   * A decoder for one body.
   *
   * @param signatures null when chunks are not signed
   */
  AwsChunks(@Nullable ChunkSignatures signatures, Sink sink) {
    this.signatures = signatures;
    this.sink = sink;
  }

  void accept(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining() && state != State.DONE) {
      if (state == State.DATA) {
        data(bytes);
      } else if (readLine(bytes)) {
        String complete = line.toString();
        line.setLength(0);
        handle(complete);
      }
    }
    bytes.position(bytes.limit());
  }

  private void data(ByteBuffer bytes) throws IOException {
    int length = (int) Math.min(left, bytes.remaining());
    ByteBuffer piece = bytes.slice(bytes.position(), length);
    if (signatures != null) {
      digest.update(piece.duplicate());
    }
    sink.accept(piece);
    bytes.position(bytes.position() + length);
    left -= length;
    if (left == 0) {
      state = State.END_OF_DATA;
    }
  }

  private boolean readLine(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      char c = (char) (bytes.get() & 255);
      if (c == '\n') {
        if (!line.isEmpty() && line.charAt(line.length() - 1) == '\r') {
          line.setLength(line.length() - 1);
        }
        return true;
      }
      if (line.length() == LONGEST_LINE) {
        throw incomplete();
      }
      line.append(c);
    }
    return false;
  }

  private void handle(String complete) {
    switch (state) {
      case SIZE -> size(complete);
      case END_OF_DATA -> {
        checkChunk();
        state = State.SIZE;
      }
      case TRAILER -> trailer(complete);
      case DATA, DONE -> throw new IllegalStateException(state.toString());
    }
  }

  private void size(String header) {
    int semicolon = header.indexOf(';');
    try {
      left = Long.parseLong(semicolon < 0 ? header : header.substring(0, semicolon), 16);
    } catch (NumberFormatException e) {
      throw incomplete();
    }
    int at = header.indexOf(SIGNATURE);
    chunkSignature = at < 0 ? "" : header.substring(at + SIGNATURE.length());
    last = left == 0;
    if (last) {
      checkChunk();
      state = State.TRAILER;
    } else {
      state = State.DATA;
    }
  }

  private void checkChunk() {
    if (signatures != null) {
      signatures.checkChunk(digest.digest(), chunkSignature);
    }
  }

  private void trailer(String field) {
    if (field.isEmpty()) {
      state = State.DONE;
      return;
    }
    int colon = field.indexOf(':');
    if (colon < 0) {
      throw incomplete();
    }
    String name = field.substring(0, colon).trim().toLowerCase(Locale.ROOT);
    String value = field.substring(colon + 1).trim();
    if (!name.equals("x-amz-trailer-signature")) {
      trailers.put(name, value);
      trailerText.append(name).append(':').append(value).append('\n');
    } else if (signatures != null) {
      signatures.checkTrailers(trailerText.toString(), value);
    }
  }

  /** The trailers of a body that came to its end. */
  Map<String, String> finish() {
    if (!last || state == State.DATA) {
      throw incomplete();
    }
    return trailers;
  }

  private static StoreException incomplete() {
    return new StoreException(
        400, "IncompleteBody", "The request body terminated unexpectedly or is not aws-chunked.");
  }
}
