// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Collects the tensors a file says it has, in any order, and believes none of it. */
final class TensorTableBuilder {
  /** Most tensors of a file; some 36 bytes of heap each. */
  static final int MOST_TENSORS = 1 << 16;

  private final Map<String, Integer> kinds = new HashMap<>();
  private long[] starts = new long[64];
  private long[] ends = new long[64];
  private long[] names = new long[64];
  private int count;

  /**
   * Adds a tensor.
   *
   * @param start offset from where the file's tensors begin
   * @param end offset after it
   * @return false if there are too many
   */
  boolean add(String name, long start, long end) {
    if (count == MOST_TENSORS) {
      return false;
    }
    if (count == starts.length) {
      starts = Arrays.copyOf(starts, 2 * count);
      ends = Arrays.copyOf(ends, 2 * count);
      names = Arrays.copyOf(names, 2 * count);
    }
    starts[count] = start;
    ends[count] = end;
    names[count] = packed(name);
    count++;
    return true;
  }

  private long packed(String name) {
    TensorName.Parsed parsed = TensorName.Parsed.of(name);
    Integer kind = kinds.get(parsed.kind());
    if (kind == null) {
      if (kinds.size() == TensorName.KINDS) {
        return TensorName.UNKNOWN;
      }
      kind = kinds.size();
      kinds.put(parsed.kind(), kind);
    }
    return TensorName.pack(kind, parsed.first(), parsed.second());
  }

  /** Lets each tensor end where the next one starts, the last at {@code end}. */
  void endEachAtTheNext(long end) {
    Integer[] order = order();
    for (int i = 0; i < count; i++) {
      ends[order[i]] = i + 1 < count ? starts[order[i + 1]] : end;
    }
  }

  /**
   * Returns the table, or null if the tensors overlap or are not within the file.
   *
   * @param base where in the file the tensors begin
   * @param size of the file
   */
  @Nullable TensorTable build(long base, long size) {
    long[] sortedStarts = new long[count];
    long[] sortedEnds = new long[count];
    long[] sortedNames = new long[count];
    int kept = 0;
    long after = 0;
    long room = size - base;
    for (int tensor : order()) {
      if (starts[tensor] < after || ends[tensor] < starts[tensor] || ends[tensor] > room) {
        return null;
      }
      after = ends[tensor];
      if (ends[tensor] > starts[tensor]) {
        sortedStarts[kept] = base + starts[tensor];
        sortedEnds[kept] = base + ends[tensor];
        sortedNames[kept] = names[tensor];
        kept++;
      }
    }
    return kept == 0
        ? null
        : new TensorTable(
            Arrays.copyOf(sortedStarts, kept),
            Arrays.copyOf(sortedEnds, kept),
            Arrays.copyOf(sortedNames, kept));
  }

  private Integer[] order() {
    return IntStream.range(0, count)
        .boxed()
        .sorted((a, b) -> Long.compare(starts[a], starts[b]))
        .toArray(Integer[]::new);
  }
}
