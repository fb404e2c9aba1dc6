// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import io.sluicefs.spi.ByteRange;
import java.util.ArrayList;
import java.util.List;

/** The ranges of a window, put together in the order they will be needed. */
final class Ranges {
  private final List<ByteRange> list = new ArrayList<>();
  private final long most;
  private long length;

  /** Starts with nothing, and room for so many bytes. */
  Ranges(long most) {
    this.most = most;
  }

  /** Adds what there is room for; nothing if the range is empty. */
  void add(long start, long end) {
    long cut = Math.min(end, start + Math.min(most - length, Long.MAX_VALUE - start));
    if (cut <= start) {
      return;
    }
    length += cut - start;
    ByteRange before = list.isEmpty() ? null : list.getLast();
    if (before != null && before.end() == start) {
      list.set(list.size() - 1, new ByteRange(before.start(), cut));
    } else {
      list.add(new ByteRange(start, cut));
    }
  }

  boolean isFull() {
    return length >= most;
  }

  long length() {
    return length;
  }

  List<ByteRange> list() {
    return list;
  }
}
