// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.demo;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The part of a safetensors file that one rank of a tensor-parallel load reads: from each tensor,
 * in file order, its share of the rows or of the columns.
 *
 * @param rank of the process, from 0
 * @param ranks number of processes
 */
record TensorSlices(int rank, int ranks) {
  /** Where the bytes come from: a mapped file or the object itself. */
  @FunctionalInterface
  interface Source {
    /** Returns {@code length} bytes from {@code offset}; valid until the next call. */
    ByteBuffer bytes(long offset, int length) throws IOException;
  }

  private record Piece(long offset, int length) {}

  /** Reads the share and returns its SHA-256. */
  String digest(Source source) throws IOException {
    MessageDigest digest = sha256();
    long jsonLength =
        source.bytes(0, SafetensorsHeader.PREFIX).order(ByteOrder.LITTLE_ENDIAN).getLong();
    SafetensorsHeader header =
        SafetensorsHeader.parse(
            source.bytes(SafetensorsHeader.PREFIX, Math.toIntExact(jsonLength)));
    for (Tensor tensor : header.tensors()) {
      for (Piece piece : pieces(tensor, header.length())) {
        digest.update(source.bytes(piece.offset, piece.length));
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private List<Piece> pieces(Tensor tensor, long base) {
    long start = base + tensor.offset();
    List<Piece> pieces = new ArrayList<>();
    switch (tensor.split()) {
      case NONE -> pieces.add(new Piece(start, Math.toIntExact(tensor.bytes())));
      case ROWS -> {
        long rows = tensor.shape().getFirst();
        long rowBytes = tensor.bytes() / rows;
        long first = rows * rank / ranks;
        long last = rows * (rank + 1) / ranks;
        pieces.add(new Piece(start + first * rowBytes, Math.toIntExact((last - first) * rowBytes)));
      }
      case COLUMNS -> {
        long rows = tensor.shape().getFirst();
        long rowBytes = tensor.bytes() / rows;
        int share = Math.toIntExact(rowBytes / ranks);
        for (long row = 0; row < rows; row++) {
          pieces.add(new Piece(start + row * rowBytes + (long) rank * share, share));
        }
      }
    }
    return pieces;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }
}
