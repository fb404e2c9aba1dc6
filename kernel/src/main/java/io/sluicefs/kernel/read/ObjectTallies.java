// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.read;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.ObjectId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The tallies of the objects opened last. Thread-safe. */
final class ObjectTallies {
  /** A load of a large model in shards, several times over; 200 bytes each. */
  private static final int MOST = 4096;

  @GuardedBy("this")
  private final Map<ObjectId, ObjectTally> tallies =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ObjectId, ObjectTally> eldest) {
          return size() > MOST;
        }
      };

  ObjectTallies() {}

  synchronized ObjectTally of(ObjectId id, long size) {
    return tallies.computeIfAbsent(id, i -> new ObjectTally(i, size));
  }

  /** Returns them, those opened last at the end. */
  synchronized List<ObjectTally> all() {
    return List.copyOf(tallies.values());
  }
}
