// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

/**
 * A half-open range of bytes of an object: {@code start} is in it, {@code end} is not.
 *
 * @param start offset of the first byte, at least 0
 * @param end offset after the last byte, at least {@code start}
 */
public record ByteRange(long start, long end) {
  public ByteRange {
    if (start < 0 || end < start) {
      throw new IllegalArgumentException("not a byte range: [" + start + ", " + end + ")");
    }
  }

  /** Returns the range of {@code length} bytes from {@code start}. */
  public static ByteRange of(long start, long length) {
    return new ByteRange(start, Math.addExact(start, length));
  }

  /** Returns the number of bytes in the range. */
  public long length() {
    return end - start;
  }

  /** Returns whether the range has no byte. */
  public boolean isEmpty() {
    return start == end;
  }

  /** Returns whether every byte of {@code other} is in this range. */
  public boolean contains(ByteRange other) {
    return start <= other.start && other.end <= end;
  }

  @Override
  public String toString() {
    return "[" + start + ", " + end + ")";
  }
}
