// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

/**
 * A version of an object as this cache knows it.
 *
 * @param record what the index says of it, or will say
 * @param number of it in the index
 * @param blockSize of the cache
 * @param keeps whether it can be kept: not if another object has its number
 */
record DiskObject(ObjectRecord record, long number, int blockSize, boolean keeps) {
  long size() {
    return record.size();
  }

  int blockCount() {
    return Math.toIntExact((size() + blockSize - 1) / blockSize);
  }

  /** Returns the bytes from block {@code start} to before block {@code end}. */
  long bytes(int start, int end) {
    return Math.min(size(), (long) end * blockSize) - (long) start * blockSize;
  }

  int blockLength(int block) {
    return (int) bytes(block, block + 1);
  }
}
