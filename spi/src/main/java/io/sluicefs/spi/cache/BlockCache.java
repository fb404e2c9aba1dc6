// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.cache;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.SettingException;
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

  /**
   * Forgets a version of an object, whose blocks are not what the store has: whoever attaches from
   * now on finds none of them. What is leased stays until its lease closes, and what is being
   * loaded comes to those who asked, but neither is found later. A cache that outlives the mount
   * forgets for all who use it.
   *
   * <p>Called on a thread that may be loading blocks of it. A cache that does nothing, as those
   * made before there was this, hands out the wrong bytes again.
   *
   * @param size of the object in bytes
   * @since 1.4
   */
  default void discard(ObjectId id, long size) {}

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

  /**
   * Goes by other settings from now on, or by another {@link io.sluicefs.spi.MemoryBudget#limit} of
   * the budget it has: a mount calls it when either was changed.
   *
   * @param settings the plugin's section, in which nothing but {@linkplain
   *     io.sluicefs.spi.Setting#live live} settings has changed
   * @throws SettingException if they contradict each other or the budget; everything is as before
   *     then
   * @since 1.3
   */
  default void reconfigure(PluginSettings settings) throws SettingException {}

  /** Frees everything not leased, and what is leased when its lease closes. Idempotent. */
  @Override
  void close();
}
