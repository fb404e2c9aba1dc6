// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of objects written through this mount that are still in memory: a hash check after a
 * download reads them from here. What memory they take is {@link WriteMemory}'s business; buffers
 * may be gone at any time. Thread-safe.
 */
public final class KeptBytes {
  /** Objects remembered before those without buffers are looked for. */
  private static final int TIDY_AT = 1024;

  /** Buffers of each object, by offset; lists do not change. */
  @GuardedBy("this")
  private final Map<ObjectId, List<PartBuffer>> objects = new LinkedHashMap<>();

  @GuardedBy("this")
  private int tidyAt = TIDY_AT;

  /** Creates an empty memory. */
  public KeptBytes() {}

  /** Remembers buffers of an object, which the caller does not hold for it. */
  synchronized void put(ObjectId id, List<PartBuffer> buffers) {
    if (buffers.isEmpty()) {
      return;
    }
    List<PartBuffer> sorted = new ArrayList<>(buffers);
    sorted.sort(Comparator.comparingLong(PartBuffer::start));
    objects.put(id, List.copyOf(sorted));
    if (objects.size() > tidyAt) {
      objects.values().removeIf(list -> list.stream().allMatch(PartBuffer::isGone));
      tidyAt = Math.max(TIDY_AT, 2 * objects.size());
    }
  }

  /** The bytes of one object are those of another too: it was copied. */
  synchronized void copied(ObjectId from, ObjectId to) {
    List<PartBuffer> buffers = objects.get(from);
    if (buffers != null) {
      objects.put(to, buffers);
    }
  }

  /** Returns the buffers of an object, by offset; null if there are none. */
  synchronized @Nullable List<PartBuffer> of(ObjectId id) {
    return objects.get(id);
  }

  /** Returns those of an object's buffers that lie wholly within a range. */
  List<PartBuffer> within(ObjectId id, ByteRange range) {
    List<PartBuffer> all = of(id);
    return all == null
        ? List.of()
        : all.stream()
            .filter(buffer -> buffer.start() >= range.start() && buffer.end() <= range.end())
            .toList();
  }

  /** Returns how many bytes of an object are in memory now. */
  public long count(ObjectId id) {
    List<PartBuffer> all = of(id);
    return all == null
        ? 0
        : all.stream().filter(buffer -> !buffer.isGone()).mapToLong(PartBuffer::length).sum();
  }
}
