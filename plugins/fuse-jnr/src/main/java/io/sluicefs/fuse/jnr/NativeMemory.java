// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.jnr;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * Memory at addresses libfuse hands out. Access through jnr-ffi would cross JNI for each value, and
 * a segment for each structure would be garbage in every callback.
 */
@SuppressWarnings("restricted") // libfuse is native code
final class NativeMemory {
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private NativeMemory() {}

  static byte getByte(long address) {
    return ALL.get(JAVA_BYTE, address);
  }

  static void putByte(long address, byte value) {
    ALL.set(JAVA_BYTE, address, value);
  }

  static int getInt(long address) {
    return ALL.get(JAVA_INT, address);
  }

  static void putInt(long address, int value) {
    ALL.set(JAVA_INT, address, value);
  }

  static long getLong(long address) {
    return ALL.get(JAVA_LONG, address);
  }

  static void putLong(long address, long value) {
    ALL.set(JAVA_LONG, address, value);
  }

  static void clear(long address, long length) {
    ALL.asSlice(address, length).fill((byte) 0);
  }

  static void copyIn(MemorySegment from, long address) {
    MemorySegment.copy(from, 0, ALL, address, from.byteSize());
  }

  static void copyIn(byte[] from, int length, long address) {
    MemorySegment.copy(from, 0, ALL, JAVA_BYTE, address, length);
  }

  static byte[] bytes(long address, long length) {
    return ALL.asSlice(address, length).toArray(JAVA_BYTE);
  }

  /** Returns the bytes at an address, valid as long as its owner keeps them. */
  static MemorySegment segment(long address, long length) {
    return ALL.asSlice(address, length);
  }
}
