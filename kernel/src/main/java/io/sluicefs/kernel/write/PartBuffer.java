// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.transport.UploadBody;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A run of a file's bytes in native memory: first written by its file, then sent, then kept for
 * readers until its memory is wanted.
 *
 * <p>Whoever uses it has a hold. While it is written to, its file guards it; once it is sent its
 * bytes do not change any more. Without holds it is {@link WriteMemory}'s to evict, and {@link
 * #tryHold} says whether it still is there.
 */
final class PartBuffer {
  private final WriteMemory memory;
  private final long start;
  private final int firstPiece;
  private final List<Piece> pieces = new ArrayList<>();
  private long capacity;
  private long length;

  // Guarded by the memory's lock.
  private int holds = 1;
  private volatile boolean gone;

  /** Creates an empty buffer, held once, for bytes that may turn out to be few. */
  PartBuffer(WriteMemory memory, long start) {
    this(memory, start, Piece.SMALL);
  }

  /**
   * Creates an empty buffer, held once.
   *
   * @param firstPiece bytes its first piece has if that is enough: {@link Piece#SMALL}, or {@link
   *     Piece#LARGE} if it will not be
   */
  PartBuffer(WriteMemory memory, long start, int firstPiece) {
    this.memory = memory;
    this.start = start;
    this.firstPiece = firstPiece;
  }

  /** Returns the offset of its first byte in the file. */
  long start() {
    return start;
  }

  long end() {
    return start + length;
  }

  long length() {
    return length;
  }

  ByteRange range() {
    return new ByteRange(start, end());
  }

  /** Returns the bytes of memory it takes. */
  long capacity() {
    return capacity;
  }

  /** Returns the size of the piece it needs to hold {@code bytes}; 0 if it can. */
  int wantedFor(long bytes) {
    return bytes <= capacity
        ? 0
        : pieces.isEmpty() && bytes <= firstPiece ? firstPiece : Piece.LARGE;
  }

  /** Takes ownership of a piece. */
  void adopt(Piece piece) {
    pieces.add(piece);
    capacity += piece.size();
  }

  /**
   * Copies bytes in, for which there is capacity.
   *
   * @param offset in the file, at most {@link #end}
   */
  void put(long offset, MemorySegment data) {
    long from = 0;
    long at = offset - start;
    long pieceStart = 0;
    for (Piece piece : pieces) {
      long pieceEnd = pieceStart + piece.size();
      if (at < pieceEnd && from < data.byteSize()) {
        long count = Math.min(pieceEnd - at, data.byteSize() - from);
        MemorySegment.copy(data, from, piece.memory(), at - pieceStart, count);
        from += count;
        at += count;
      }
      pieceStart = pieceEnd;
    }
    length = Math.max(length, at);
  }

  /** Appends zeros, for which there is capacity, up to {@code end} in the file. */
  void zeroTo(long end) {
    forEach(length, end - start, piece -> piece.fill((byte) 0));
    length = Math.max(length, end - start);
  }

  /** Lets it reach to {@code end} in the file, whatever the memory holds there. */
  void extend(long end) {
    length = end - start;
  }

  /** Cuts it at {@code end} in the file. */
  void cut(long end) {
    length = Math.min(length, end - start);
  }

  /** What is done with a slice of a piece. */
  @FunctionalInterface
  interface SliceVisitor {
    void visit(MemorySegment slice);
  }

  private void forEach(long from, long to, SliceVisitor visitor) {
    long pieceStart = 0;
    for (Piece piece : pieces) {
      long low = Math.max(from, pieceStart);
      long high = Math.min(to, pieceStart + piece.size());
      if (low < high) {
        visitor.visit(piece.memory().asSlice(low - pieceStart, high - low));
      }
      pieceStart += piece.size();
    }
  }

  /** Passes the bytes of a range of the file that lies within, slice by slice in order. */
  void slices(ByteRange range, SliceVisitor visitor) {
    forEach(range.start() - start, range.end() - start, visitor);
  }

  /** Returns what an upload sends; valid while held. */
  UploadBody body() {
    List<MemorySegment> segments = new ArrayList<>();
    slices(range(), segments::add);
    return new UploadBody(segments);
  }

  /** Returns the pieces; only for {@link WriteMemory}, which takes them over. */
  List<Piece> pieces() {
    return pieces;
  }

  /** Holds it unless its memory was taken. */
  boolean tryHold() {
    return memory.tryHold(this);
  }

  /** Gives up a hold and the bytes with it: nobody wants to read them. */
  void discard() {
    memory.release(this, false);
  }

  /** Gives up a hold; the bytes stay as long as their memory is not wanted. */
  void keep() {
    memory.release(this, true);
  }

  boolean isGone() {
    return gone;
  }

  void markGone() {
    gone = true;
  }

  int holds() {
    return holds;
  }

  void countHold(int more) {
    holds += more;
  }
}
