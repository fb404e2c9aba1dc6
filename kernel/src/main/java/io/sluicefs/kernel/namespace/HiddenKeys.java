// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import java.util.List;
import java.util.concurrent.ConcurrentSkipListSet;

/** Keys that lead nowhere although the store still has their objects. Thread-safe. */
final class HiddenKeys {
  private final ConcurrentSkipListSet<String> keys = new ConcurrentSkipListSet<>();

  void add(String key) {
    keys.add(key);
  }

  void remove(String key) {
    keys.remove(key);
  }

  List<String> all() {
    return List.copyOf(keys);
  }

  boolean isEmpty() {
    return keys.isEmpty();
  }

  boolean contains(String key) {
    return keys.contains(key);
  }

  /** Returns how many of them begin with the key of a directory. */
  int countBelow(String directoryKey) {
    int count = 0;
    for (String key : keys.tailSet(directoryKey)) {
      if (!key.startsWith(directoryKey)) {
        break;
      }
      count++;
    }
    return count;
  }
}
