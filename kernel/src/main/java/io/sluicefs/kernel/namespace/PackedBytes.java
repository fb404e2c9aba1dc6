// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes written one value after the other. Not thread-safe while it is written. */
final class PackedBytes {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private byte[] bytes;
  private int length;

  PackedBytes(int expected) {
    this.bytes = new byte[expected];
  }

  int length() {
    return length;
  }

  /** Gives up what was reserved and not used. */
  void trim() {
    if (length < bytes.length) {
      bytes = Arrays.copyOf(bytes, length);
    }
  }

  byte get(int at) {
    return bytes[at];
  }

  void set(int at, byte value) {
    bytes[at] = value;
  }

  void put(byte value) {
    ensure(1);
    bytes[length++] = value;
  }

  void putLong(long value) {
    ensure(Long.BYTES);
    LONG.set(bytes, length, value);
    length += Long.BYTES;
  }

  void putVarint(long value) {
    ensure(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[length++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[length++] = (byte) rest;
  }

  void putText(String text) {
    putText(text.getBytes(StandardCharsets.UTF_8));
  }

  void putText(byte[] utf8) {
    putVarint(utf8.length);
    ensure(utf8.length);
    System.arraycopy(utf8, 0, bytes, length, utf8.length);
    length += utf8.length;
  }

  private void ensure(int more) {
    if (length + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(length + more, bytes.length * 2));
    }
  }

  Cursor at(int position) {
    return new Cursor(position);
  }

  /** Reads values in the order they were written. */
  final class Cursor {
    private int position;

    private Cursor(int position) {
      this.position = position;
    }

    byte octet() {
      return bytes[position++];
    }

    long getLong() {
      long value = (long) LONG.get(bytes, position);
      position += Long.BYTES;
      return value;
    }

    long varint() {
      long value = 0;
      for (int shift = 0; ; shift += 7) {
        byte next = bytes[position++];
        value |= (next & 0x7fL) << shift;
        if (next >= 0) {
          return value;
        }
      }
    }

    String text() {
      int size = (int) varint();
      position += size;
      return new String(bytes, position - size, size, StandardCharsets.UTF_8);
    }

    boolean textIs(byte[] utf8) {
      int size = (int) varint();
      position += size;
      return Arrays.equals(bytes, position - size, position, utf8, 0, utf8.length);
    }

    /**
     * Returns the hash of the text that follows, as {@link Arrays#hashCode(byte[])} of its bytes.
     */
    int textHash() {
      int size = (int) varint();
      int hash = 1;
      for (int i = 0; i < size; i++) {
        hash = 31 * hash + bytes[position++];
      }
      return hash;
    }
  }
}
