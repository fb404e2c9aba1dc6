// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a path leads to: nothing, a directory, or a file of certain bytes. */
sealed interface NameState {
  default boolean isAbsent() {
    return equals(Fixed.ABSENT);
  }

  default boolean isDirectory() {
    return equals(Fixed.DIRECTORY);
  }

  /** As the worker says what it finds. */
  @Override
  String toString();

  /** A state that has no bytes. */
  enum Fixed implements NameState {
    ABSENT,
    DIRECTORY;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A file's bytes; two are equal if their bytes are. */
  final class Content implements NameState {
    static final Content EMPTY = new Content(new byte[0]);

    private final byte[] bytes;
    private @Nullable String text;

    Content(byte[] bytes) {
      this.bytes = bytes;
    }

    int size() {
      return bytes.length;
    }

    Content with(int offset, byte[] data) {
      byte[] next = Arrays.copyOf(bytes, Math.max(bytes.length, offset + data.length));
      System.arraycopy(data, 0, next, offset, data.length);
      return new Content(next);
    }

    Content resized(int size) {
      return new Content(Arrays.copyOf(bytes, size));
    }

    /** As the worker says what it has read. */
    String range(int offset, int length) {
      int from = Math.min(offset, bytes.length);
      return summary(Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + length)));
    }

    String sha256() {
      return toString().substring(toString().indexOf(' ') + 1);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Content content && Arrays.equals(bytes, content.bytes);
    }

    @Override
    public int hashCode() {
      return toString().hashCode();
    }

    @Override
    public String toString() {
      if (text == null) {
        text = summary(bytes);
      }
      return text;
    }

    private static String summary(byte[] bytes) {
      try {
        byte[] sum = MessageDigest.getInstance("SHA-256").digest(bytes);
        return bytes.length + " " + HexFormat.of().formatHex(sum);
      } catch (NoSuchAlgorithmException e) {
        throw new AssertionError(e);
      }
    }
  }
}
