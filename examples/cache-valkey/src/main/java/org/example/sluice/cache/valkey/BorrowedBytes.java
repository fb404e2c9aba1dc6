// SPDX-License-Identifier: Apache-2.0
package org.example.sluice.cache.valkey;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Memory of a caller that a thread of the connection reads or writes while the caller waits. When
 * the caller no longer does, the memory is somebody else's, so the other thread must not touch it
 * any more: {@link #giveUp} returns when that is certain.
 *
 * <p>On the wire the bytes have their CRC-32C in front, four bytes, the highest first.
 */
final class BorrowedBytes {
  static final int HEADER = Integer.BYTES;

  private final ByteBuffer[] memory;
  private final int length;
  private int checksum;
  private boolean givenUp;

  BorrowedBytes(ByteBuffer... memory) {
    this.memory = memory;
    int bytes = 0;
    for (ByteBuffer buffer : memory) {
      bytes += buffer.remaining();
    }
    this.length = bytes;
  }

  int length() {
    return length;
  }

  /** What became of an attempt to fill the memory. */
  enum Filling {
    FILLED,
    WRONG_LENGTH,
    WRONG_CHECKSUM,
    GIVEN_UP
  }

  /** Fills the memory with what came from the server, if that is what was once sent. */
  synchronized Filling fill(ByteBuffer value) {
    if (givenUp) {
      return Filling.GIVEN_UP;
    }
    if (value.remaining() != HEADER + length) {
      return Filling.WRONG_LENGTH;
    }
    int expected = value.getInt();
    if (checksum(value) != expected) {
      return Filling.WRONG_CHECKSUM;
    }
    int at = value.position();
    for (ByteBuffer buffer : memory) {
      buffer.put(buffer.position(), value, at, buffer.remaining());
      at += buffer.remaining();
    }
    return Filling.FILLED;
  }

  /**
   * Notes the checksum of the bytes as they are now: once they were announced they may be given up,
   * and the memory may hold others when they are sent. Whoever reads those finds out.
   */
  void seal() {
    checksum = checksum(memory);
  }

  private static int checksum(ByteBuffer... bytes) {
    CRC32C checksum = new CRC32C();
    for (ByteBuffer buffer : bytes) {
      checksum.update(buffer.duplicate());
    }
    return (int) checksum.getValue();
  }

  /** Gets the bytes with the checksum they were sealed with in front, to be sent. */
  synchronized void drain(Sink sink) {
    if (givenUp) {
      throw new IllegalStateException("nobody waits for this block to be kept any more");
    }
    sink.put(ByteBuffer.allocate(HEADER).putInt(checksum).flip());
    for (ByteBuffer buffer : memory) {
      sink.put(buffer.duplicate());
    }
  }

  /** Takes bytes that are to be sent. */
  @FunctionalInterface
  interface Sink {
    void put(ByteBuffer bytes);
  }

  synchronized void giveUp() {
    givenUp = true;
  }
}
