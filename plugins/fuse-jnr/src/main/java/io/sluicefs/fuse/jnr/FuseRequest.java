// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * A request as it was read from /dev/fuse, before libfuse takes it: a header of 40 bytes, then what
 * the operation needs. Source: {@code linux/fuse.h}.
 */
final class FuseRequest {
  static final int LOOKUP = 1;
  static final int GETATTR = 3;
  static final int INIT = 26;
  static final int INTERRUPT = 36;

  private static final int HEADER = 40;
  private static final int GETATTR_HAS_HANDLE = 1;

  private FuseRequest() {}

  static int operation(MemorySegment request) {
    return request.get(JAVA_INT, 4);
  }

  static long unique(MemorySegment request) {
    return request.get(JAVA_LONG, 8);
  }

  /** Returns libfuse's number of the file the request is about. */
  static long node(MemorySegment request) {
    return request.get(JAVA_LONG, 16);
  }

  static int uid(MemorySegment request) {
    return request.get(JAVA_INT, 24);
  }

  static int gid(MemorySegment request) {
    return request.get(JAVA_INT, 28);
  }

  static int pid(MemorySegment request) {
    return request.get(JAVA_INT, 32);
  }

  /** Makes a GETATTR one of an open file, unless it is. */
  static void setHandle(MemorySegment request, long handle) {
    int flags = request.get(JAVA_INT, HEADER);
    if ((flags & GETATTR_HAS_HANDLE) == 0) {
      request.set(JAVA_INT, HEADER, flags | GETATTR_HAS_HANDLE);
      request.set(JAVA_LONG, HEADER + 8, handle);
    }
  }

  /** Returns which request an INTERRUPT is about. */
  static long interrupted(MemorySegment request) {
    return request.get(JAVA_LONG, HEADER);
  }

  /**
   * Returns whether every name in a request is UTF-8. libfuse's callbacks come with decoded paths,
   * in which a wrong name could look like another, right one.
   */
  static boolean namesAreUtf8(MemorySegment request, int length) {
    int names = namesAt(operation(request));
    if (names < 0) {
      return true;
    }
    boolean ascii = true;
    for (int i = names; i < length && ascii; i++) {
      ascii = request.get(JAVA_BYTE, i) >= 0;
    }
    if (ascii) {
      return true;
    }
    ByteBuffer bytes = request.asSlice(names, length - names).asByteBuffer();
    try {
      StandardCharsets.UTF_8.newDecoder().decode(bytes);
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  /** Returns where the names of an operation start, -1 if it has none. */
  private static int namesAt(int operation) {
    return switch (operation) {
      case LOOKUP, 6, 10, 11 -> HEADER; // also SYMLINK, UNLINK, RMDIR
      case 9, 12, 13 -> HEADER + 8; // MKDIR, RENAME, LINK
      case 8, 35 -> HEADER + 16; // MKNOD, CREATE
      default -> -1;
    };
  }
}
