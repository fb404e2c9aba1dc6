// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The blocks of an object by index, in two levels, so that a large object costs little until it is
 * read. Read without a lock; changed under the cache's.
 */
final class BlockTable {
  private static final int LEAF_BITS = 10;
  private static final int LEAF_SIZE = 1 << LEAF_BITS;

  private final AtomicReferenceArray<@Nullable Leaf> leaves;
  private final long blockCount;
  private int size;

  BlockTable(long blockCount) {
    this.blockCount = blockCount;
    leaves =
        new AtomicReferenceArray<>(Math.toIntExact((blockCount + LEAF_SIZE - 1) >>> LEAF_BITS));
  }

  @Nullable Block get(long index) {
    Leaf leaf = leaves.get((int) (index >>> LEAF_BITS));
    return leaf == null ? null : leaf.blocks.get((int) index & (LEAF_SIZE - 1));
  }

  /** Puts a block where none is. */
  void put(Block block) {
    int at = (int) (block.index() >>> LEAF_BITS);
    Leaf leaf = leaves.get(at);
    if (leaf == null) {
      leaf = new Leaf(Math.min(LEAF_SIZE, blockCount - ((long) at << LEAF_BITS)));
      leaves.set(at, leaf);
    }
    leaf.blocks.set((int) block.index() & (LEAF_SIZE - 1), block);
    leaf.count++;
    size++;
  }

  /** Removes a block that is here. */
  void remove(Block block) {
    int at = (int) (block.index() >>> LEAF_BITS);
    Leaf leaf = leaves.get(at);
    if (leaf == null) {
      throw new IllegalStateException("no block " + block.index());
    }
    leaf.blocks.set((int) block.index() & (LEAF_SIZE - 1), null);
    size--;
    if (--leaf.count == 0) {
      leaves.set(at, null);
    }
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Returns all blocks. */
  List<Block> blocks() {
    List<Block> blocks = new ArrayList<>(size);
    for (int at = 0; at < leaves.length() && blocks.size() < size; at++) {
      Leaf leaf = leaves.get(at);
      for (int i = 0; leaf != null && i < leaf.blocks.length(); i++) {
        Block block = leaf.blocks.get(i);
        if (block != null) {
          blocks.add(block);
        }
      }
    }
    return blocks;
  }

  private static final class Leaf {
    final AtomicReferenceArray<@Nullable Block> blocks;
    int count;

    /** Creates a leaf that is no larger than the object: most objects are small. */
    Leaf(long size) {
      blocks = new AtomicReferenceArray<>((int) size);
    }
  }
}
