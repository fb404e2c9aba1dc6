// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import org.jspecify.annotations.Nullable;

/** Blocks in order of arrival, linked through themselves; a block is in one list at a time. */
final class BlockList {
  private @Nullable Block first;
  private @Nullable Block last;

  @Nullable Block first() {
    return first;
  }

  @Nullable Block last() {
    return last;
  }

  void addLast(Block block) {
    block.list = this;
    block.previous = last;
    block.next = null;
    if (last == null) {
      first = block;
    } else {
      last.next = block;
    }
    last = block;
  }

  void remove(Block block) {
    if (block.previous == null) {
      first = block.next;
    } else {
      block.previous.next = block.next;
    }
    if (block.next == null) {
      last = block.previous;
    } else {
      block.next.previous = block.previous;
    }
    block.list = null;
    block.previous = null;
    block.next = null;
  }
}
