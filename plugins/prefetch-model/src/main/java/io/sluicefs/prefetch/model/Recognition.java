// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import io.sluicefs.spi.prefetch.PresentBytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one version of an object: whether it is a model file and where its tensors are.
 * Shared by its handles, so that the head is read once. Thread-safe.
 */
final class Recognition {
  /** What it is taken for. */
  enum Kind {
    /** Too little of its head was seen. */
    UNDECIDED,
    /** A model file whose table of tensors is being read. */
    READING,
    /** A model file; there is a table. */
    MODEL,
    /** The index of a model in several files. */
    SHARD_INDEX,
    /** Something else, or a model file that is damaged. */
    FOREIGN
  }

  /** Longest index that is taken for one. */
  private static final long LARGEST_INDEX = 64L << 20;

  private static final int FIRST_BYTES = GgufTable.PREFIX;

  /** Bytes taken from memory at once. */
  private static final int PIECE = 64 << 10;

  /** Pieces taken during one read, whose reader waits meanwhile. */
  private static final int PIECES = 8;

  private final boolean namedIndex;
  private final boolean namedSafetensors;
  private final long size;
  private final long maxHeader;
  private volatile Kind kind;
  private volatile long headEnd = -1;
  private volatile @Nullable TensorTable table;
  private @Nullable TableReader reader;
  private byte @Nullable [] piece;

  Recognition(String key, long size, long maxHeader) {
    this.namedIndex = key.endsWith(".index.json") && size <= LARGEST_INDEX;
    this.namedSafetensors = key.endsWith(".safetensors");
    this.size = size;
    this.maxHeader = maxHeader;
    this.kind = size < FIRST_BYTES ? Kind.FOREIGN : Kind.UNDECIDED;
  }

  Kind kind() {
    return kind;
  }

  /** Returns whether its name is of a model file, so that looking at its head is worth a wait. */
  boolean isNamedSafetensors() {
    return namedSafetensors;
  }

  /** Returns the offset after its head, or -1 if that is not known. */
  long headEnd() {
    return headEnd;
  }

  /** Returns its tensors; null unless it is a {@link Kind#MODEL}. */
  @Nullable TensorTable table() {
    return table;
  }

  boolean isSettled() {
    return kind != Kind.UNDECIDED && kind != Kind.READING;
  }

  /** Reads on in what is in memory. */
  synchronized void look(PresentBytes present) {
    if (kind == Kind.UNDECIDED) {
      decide(present);
    }
    TableReader current = reader;
    if (kind != Kind.READING || current == null) {
      return;
    }
    if (piece == null) {
      piece = new byte[PIECE];
    }
    byte[] bytes = piece;
    for (int i = 0; i < PIECES && kind == Kind.READING; i++) {
      int length = present.copy(current.position(), ByteBuffer.wrap(bytes));
      if (length == 0) {
        return;
      }
      advance(current, bytes, length);
    }
  }

  private void advance(TableReader current, byte[] bytes, int length) {
    switch (current.feed(bytes, length)) {
      case MORE -> {}
      case DONE -> {
        table = current.table();
        headEnd = current.headEnd();
        settle(Kind.MODEL);
      }
      case FOREIGN -> settle(Kind.FOREIGN);
    }
  }

  private void settle(Kind as) {
    kind = as;
    reader = null;
    piece = null;
  }

  private void decide(PresentBytes present) {
    ByteBuffer first = ByteBuffer.allocate(FIRST_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    if (present.copy(0, first) < FIRST_BYTES) {
      return;
    }
    long jsonLength = first.getLong(0);
    if (first.getInt(0) == GgufTable.MAGIC) {
      int version = first.getInt(4);
      long tensors = first.getLong(8);
      long values = first.getLong(16);
      if ((version == 2 || version == 3) && GgufTable.areCounts(tensors, values)) {
        begin(new GgufTable(tensors, values, maxHeader, size));
        return;
      }
    } else if (first.get(SafetensorsTable.PREFIX) == '{'
        && jsonLength > 1
        && jsonLength <= Math.min(maxHeader, size) - SafetensorsTable.PREFIX) {
      begin(new SafetensorsTable(jsonLength, size));
      return;
    } else if (namedIndex && first.get(0) == '{') {
      settle(Kind.SHARD_INDEX);
      return;
    }
    settle(Kind.FOREIGN);
  }

  private void begin(TableReader of) {
    reader = of;
    headEnd = of.headEnd();
    kind = Kind.READING;
  }
}
