// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A view of a request where it was read: a header, then what the operation needs. Offsets count
 * from the end of the header. What lies beyond the request's own length is another's and is never
 * read: asking for it is EPROTO. Not thread-safe; used again for each request.
 */
final class Request {
  /** Of a name, as Linux limits it. */
  private static final int MAX_NAME = 1024;

  private static final char REPLACEMENT = '\ufffd';

  private MemorySegment buffer = MemorySegment.NULL;
  private int length;

  /**
   * Views another request.
   *
   * @param buffer what it starts
   * @param length bytes of it that were read
   * @return false if that is no request, which cannot even be answered
   */
  boolean view(MemorySegment buffer, int length) {
    if (length < Protocol.REQUEST_HEADER || length > buffer.byteSize()) {
      return false;
    }
    this.buffer = buffer;
    this.length = length;
    return true;
  }

  /** Returns whether the header says the length that was read. */
  boolean isWhole() {
    return buffer.get(JAVA_INT, 0) == length;
  }

  MemorySegment buffer() {
    return buffer;
  }

  /** Returns its bytes, with the header. */
  int length() {
    return length;
  }

  int operation() {
    return buffer.get(JAVA_INT, 4);
  }

  long unique() {
    return buffer.get(JAVA_LONG, 8);
  }

  /** Returns the inode it is about. */
  long node() {
    return buffer.get(JAVA_LONG, 16);
  }

  int uid() {
    return buffer.get(JAVA_INT, 24);
  }

  int gid() {
    return buffer.get(JAVA_INT, 28);
  }

  int pid() {
    return buffer.get(JAVA_INT, 32);
  }

  int intAt(int offset) throws FuseException {
    return buffer.get(JAVA_INT, at(offset, 4));
  }

  long longAt(int offset) throws FuseException {
    return buffer.get(JAVA_LONG, at(offset, 8));
  }

  private int at(int offset, long size) throws FuseException {
    int at = Protocol.REQUEST_HEADER + offset;
    if (offset < 0 || size < 0 || at + size > length) {
      throw malformed();
    }
    return at;
  }

  /** Returns an offset or a length that must not be negative. */
  long positionAt(int offset) throws FuseException {
    long value = longAt(offset);
    if (value < 0) {
      throw new FuseException(Errno.EINVAL);
    }
    return value;
  }

  /** Returns bytes where they are, read-only. */
  MemorySegment dataAt(int offset, int size) throws FuseException {
    return buffer.asSlice(at(offset, size), size).asReadOnly();
  }

  /** Returns a copy of bytes. */
  byte[] bytesAt(int offset, int size) throws FuseException {
    return buffer.asSlice(at(offset, size), size).toArray(JAVA_BYTE);
  }

  /** Returns where what follows the text at {@code offset} starts, behind its NUL. */
  int afterText(int offset) throws FuseException {
    for (int i = at(offset, 1); i < length; i++) {
      if (buffer.get(JAVA_BYTE, i) == 0) {
        return i + 1 - Protocol.REQUEST_HEADER;
      }
    }
    throw malformed();
  }

  /**
   * Returns a name.
   *
   * @param errno what a name that is not UTF-8 is answered with
   */
  String nameAt(int offset, int errno) throws FuseException {
    int end = afterText(offset) - 1;
    if (end == offset || end - offset > MAX_NAME) {
      throw malformed();
    }
    return textAt(offset, errno);
  }

  /**
   * Returns text that ends with a NUL.
   *
   * @param errno what text that is not UTF-8 is answered with
   */
  String textAt(int offset, int errno) throws FuseException {
    byte[] bytes = bytesAt(offset, afterText(offset) - 1 - offset);
    String text = new String(bytes, StandardCharsets.UTF_8);
    // Decoding replaces what is not UTF-8 with a character that may stand there by right as well.
    if (text.indexOf(REPLACEMENT) >= 0
        && !Arrays.equals(bytes, text.getBytes(StandardCharsets.UTF_8))) {
      throw new FuseException(errno);
    }
    return text;
  }

  static FuseException malformed() {
    return new FuseException(Errno.EPROTO);
  }
}
