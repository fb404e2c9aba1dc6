// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.cache;

import io.sluicefs.spi.ObjectId;
import java.io.IOException;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.LongConsumer;

/**
 * What a cache keeps after the process that filled it has ended, opened for an operator. A mount
 * may use it at the same time; a change is then made by that mount, and the call returns when it is
 * made. Used by one thread.
 *
 * @since 1.1
 */
public interface KeptCache extends AutoCloseable {
  /**
   * One version of an object of which something is kept.
   *
   * @param location of its bucket
   * @param size of the object in bytes
   * @param keptBytes how many of them are kept
   * @param pinned whether they stay whatever else needs room
   */
  record KeptObject(String location, ObjectId id, long size, long keptBytes, boolean pinned) {}

  /**
   * What a reading of all blocks found.
   *
   * @param blocks that were read
   * @param bytes of these
   * @param badBlocks those among them whose bytes are not what was stored, which are forgotten
   */
  record Verification(long blocks, long bytes, long badBlocks) {}

  /** Returns what is kept, ordered by location, key and etag. */
  List<KeptObject> objects() throws IOException;

  /**
   * Returns counts and sizes by name: those of {@link BlockCache#counters} as the last mount left
   * them, and the use now.
   */
  SequencedMap<String, Long> counters() throws IOException;

  /** Reads every block and compares it with its checksum. Interrupt to stop. */
  Verification verify() throws IOException, InterruptedException;

  /**
   * As {@link #verify()}, for somebody who watches.
   *
   * @param read told how many more bytes were read, by the thread that calls
   * @since 1.3
   */
  default Verification verify(LongConsumer read) throws IOException, InterruptedException {
    return verify();
  }

  /** Forgets an object, pinned or not; no error if it is gone. */
  void evict(KeptObject object) throws IOException, InterruptedException;

  /**
   * Says whether an object stays whatever else needs room.
   *
   * @throws IOException if it is not kept, or pinned objects would leave too little to others
   */
  void pin(KeptObject object, boolean pinned) throws IOException, InterruptedException;

  @Override
  void close();
}
