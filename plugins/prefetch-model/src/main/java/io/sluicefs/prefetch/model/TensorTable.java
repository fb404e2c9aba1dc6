// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import java.util.Arrays;

/** Where the tensors of a file are, in file order, and what their names have in common. */
final class TensorTable {
  private final long[] starts;
  private final long[] ends;
  private final long[] names;
  private final long[] sortedNames;
  private final int[] sortedIndexes;

  /**
   * Creates a table; the arrays are its own from now on.
   *
   * @param starts offsets in the file, ascending
   * @param ends offsets after each tensor, none behind the next start
   * @param names as {@link TensorName} packs them
   */
  TensorTable(long[] starts, long[] ends, long[] names) {
    this.starts = starts;
    this.ends = ends;
    this.names = names;
    this.sortedNames = names.clone();
    Arrays.sort(sortedNames);
    this.sortedIndexes = new int[names.length];
    for (int i = 0; i < names.length; i++) {
      sortedIndexes[Arrays.binarySearch(sortedNames, names[i])] = i;
    }
  }

  int count() {
    return starts.length;
  }

  long start(int tensor) {
    return starts[tensor];
  }

  long end(int tensor) {
    return ends[tensor];
  }

  long length(int tensor) {
    return ends[tensor] - starts[tensor];
  }

  long name(int tensor) {
    return names[tensor];
  }

  /** Returns the tensor a byte belongs to, or -1. */
  int at(long offset) {
    int found = Arrays.binarySearch(starts, offset);
    int tensor = found >= 0 ? found : -found - 2;
    return tensor >= 0 && offset < ends[tensor] ? tensor : -1;
  }

  /** Returns the tensor of a packed name, or -1. */
  int named(long name) {
    int found = Arrays.binarySearch(sortedNames, name);
    return found < 0 ? -1 : sortedIndexes[found];
  }
}
