// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.cache;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.ObjectId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * Keeps blocks of objects: fixed, aligned pieces of {@link #blockSize} bytes, counted from 0, the
 * last of an object being shorter. Thread-safe.
 *
 * <p>A cache is a tier: it fills its misses from the loader it is attached with, which is the next
 * tier or the transport. Its capacity is hard. A block somebody holds a lease of is never evicted.
 */
public interface BlockCache extends AutoCloseable {
  /** Returns the size of a block in bytes, a power of two; the same for all objects. */
  int blockSize();

  /**
   * Attaches to one version of an object. All attachments of one id share their blocks.
   *
   * @param size of the object in bytes
   * @param loader reads what is missing; used until the returned object is closed, by the threads
   *     that call it; when several attachments of one id bring loaders, any of those still open may
   *     be used
   * @return one reference, closed by the caller
   */
  @MustBeClosed
  ObjectBlocks attach(ObjectId id, long size, BlockLoader loader);

  /** Returns counts since the cache was opened, and its use now. */
  CacheStats stats();

  /**
   * Returns counts of what is particular to this kind of cache since it was opened, by a name in
   * lower-kebab: {@code corrupt-blocks}. For an operator; the names are the plugin's.
   *
   * @since 1.1
   */
  default SequencedMap<String, Long> counters() {
    return Collections.unmodifiableSequencedMap(new LinkedHashMap<>());
  }

  /** Frees everything not leased, and what is leased when its lease closes. Idempotent. */
  @Override
  void close();
}
