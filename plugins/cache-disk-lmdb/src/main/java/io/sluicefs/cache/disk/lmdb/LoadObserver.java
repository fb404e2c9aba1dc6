// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

/** Who a load is for, and what it is told. */
interface LoadObserver {
  /** Returns whether nobody asked for the blocks yet. */
  boolean isAhead();

  /** Returns whether the load waits for room on the way to the disk, where others drop. */
  boolean waitsForFills();

  /** Told where a run of blocks comes from, before the first is announced. */
  void loading(int first, int count, boolean fromDisk);

  /** Told where a run of blocks will be kept. */
  void kept(int first, int count, Regions.Place place);
}
