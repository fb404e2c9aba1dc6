// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import io.sluicefs.spi.ObjectId;
import java.util.Arrays;

/** One version of an object: its blocks and who is attached to it. */
final class CachedObject {
  private final ObjectId id;
  private final long size;
  private final int blockSize;
  private final BlockTable table;
  // Replaced under the cache's lock.
  private volatile MemoryObjectBlocks[] readers = {};

  /** When the last attachment was closed, by {@link System#nanoTime}; guarded by the lock. */
  long detachedAt;

  CachedObject(ObjectId id, long size, int blockSize) {
    this.id = id;
    this.size = size;
    this.blockSize = blockSize;
    this.table = new BlockTable((size + blockSize - 1) / blockSize);
  }

  ObjectId id() {
    return id;
  }

  long size() {
    return size;
  }

  long blockCount() {
    return (size + blockSize - 1) / blockSize;
  }

  int blockLength(long index) {
    return (int) Math.min(blockSize, size - index * blockSize);
  }

  BlockTable table() {
    return table;
  }

  /** Returns the open attachments; not to be changed. */
  MemoryObjectBlocks[] readers() {
    return readers;
  }

  boolean isAttached() {
    return readers.length > 0;
  }

  void attach(MemoryObjectBlocks reader) {
    MemoryObjectBlocks[] more = Arrays.copyOf(readers, readers.length + 1);
    more[readers.length] = reader;
    readers = more;
  }

  void detach(MemoryObjectBlocks reader) {
    readers =
        Arrays.stream(readers).filter(other -> other != reader).toArray(MemoryObjectBlocks[]::new);
  }
}
