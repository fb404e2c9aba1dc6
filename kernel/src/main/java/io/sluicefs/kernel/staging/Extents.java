// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import io.sluicefs.spi.ByteRange;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;

/** Ranges of a file in order, none empty, none touching another. Immutable. */
public final class Extents implements Iterable<ByteRange> {
  /** No range. */
  public static final Extents EMPTY = new Extents(new long[0]);

  /** Start and end of each range in turn, so that all of it ascends strictly. */
  private final long[] bounds;

  Extents(long[] bounds) {
    this.bounds = bounds;
  }

  /** Returns whether there is no range. */
  public boolean isEmpty() {
    return bounds.length == 0;
  }

  /** Returns the number of ranges. */
  public int count() {
    return bounds.length / 2;
  }

  /** Returns the number of bytes in all ranges together. */
  public long length() {
    long length = 0;
    for (int i = 0; i < bounds.length; i += 2) {
      length += bounds[i + 1] - bounds[i];
    }
    return length;
  }

  /** Returns the offset after the last byte, 0 if there is none. */
  public long end() {
    return isEmpty() ? 0 : bounds[bounds.length - 1];
  }

  /** Returns whether every byte of {@code range} is in one of these. */
  public boolean contains(ByteRange range) {
    return range.isEmpty() || firstGap(range).isEmpty();
  }

  /** Returns the first part of {@code within} that is in none of these. */
  public Optional<ByteRange> firstGap(ByteRange within) {
    if (within.isEmpty()) {
      return Optional.empty();
    }
    int next = firstEndingAfter(within.start());
    long start = within.start();
    if (next < bounds.length && bounds[next] <= start) {
      start = bounds[next + 1];
      next += 2;
    }
    if (start >= within.end()) {
      return Optional.empty();
    }
    long end = next < bounds.length ? Math.min(bounds[next], within.end()) : within.end();
    return Optional.of(new ByteRange(start, end));
  }

  /** Returns the parts of {@code within} that are in one of these. */
  public Extents intersect(ByteRange within) {
    int from = firstEndingAfter(within.start());
    int to = from;
    while (to < bounds.length && bounds[to] < within.end()) {
      to += 2;
    }
    if (from == to || within.isEmpty()) {
      return EMPTY;
    }
    long[] parts = Arrays.copyOfRange(bounds, from, to);
    parts[0] = Math.max(parts[0], within.start());
    parts[parts.length - 1] = Math.min(parts[parts.length - 1], within.end());
    return new Extents(parts);
  }

  /** Returns the parts of {@code within} that are in none of these. */
  public Extents gaps(ByteRange within) {
    if (within.isEmpty()) {
      return EMPTY;
    }
    long[] inside = intersect(within).bounds;
    // What lies between starts with the first bound and ends with the last, unless they coincide.
    long[] between = new long[inside.length + 2];
    between[0] = within.start();
    System.arraycopy(inside, 0, between, 1, inside.length);
    between[between.length - 1] = within.end();
    int from = between[0] == between[1] ? 2 : 0;
    int to = between.length;
    if (to > from && between[to - 1] == between[to - 2]) {
      to -= 2;
    }
    return from >= to ? EMPTY : new Extents(Arrays.copyOfRange(between, from, to));
  }

  /** Returns the parts of these that are in none of {@code others}. */
  Extents without(Extents others) {
    if (others.isEmpty()) {
      return this;
    }
    ExtentSet remaining = new ExtentSet();
    for (ByteRange range : this) {
      for (ByteRange part : others.gaps(range)) {
        remaining.add(part);
      }
    }
    return remaining.snapshot();
  }

  /** Returns the index of the first bound of the first range that ends after {@code offset}. */
  private int firstEndingAfter(long offset) {
    int low = 0;
    int high = bounds.length / 2;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (bounds[2 * middle + 1] > offset) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return 2 * low;
  }

  @Override
  public Iterator<ByteRange> iterator() {
    return new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < bounds.length;
      }

      @Override
      public ByteRange next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        next += 2;
        return new ByteRange(bounds[next - 2], bounds[next - 1]);
      }
    };
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Extents extents && Arrays.equals(bounds, extents.bounds);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bounds);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (ByteRange range : this) {
      text.append(range);
    }
    return text.isEmpty() ? "[]" : text.toString();
  }
}
