// SPDX-License-Identifier: Apache-2.0
package org.example.sluice.cache.valkey;

import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.MemoryReservation;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.cache.BlockLease;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Blocks in the memory of this process, for those who read without a cache above: which are there,
 * which are being loaded and by whom, which are leased. A cache above needs none of it, so the
 * memory is taken when the first block is wanted, all at once, and kept until the cache is closed
 * and nothing is leased.
 */
final class LeasedBlocks {
  private record Key(ObjectId id, long index) {}

  private enum State {
    LOADING,
    FILLED,
    FAILED
  }

  /** One block; its fields belong to the monitor of the table. */
  final class Block {
    private final Key key;
    private final int slot;
    private final int length;
    private State state = State.LOADING;
    private StorageException failure;
    private int pins;
    private boolean read;

    private Block(Key key, int slot, int length) {
      this.key = key;
      this.slot = slot;
      this.length = length;
    }

    MemorySegment memory() {
      return memory.asSlice((long) slot * blockSize, length);
    }
  }

  /** A run of blocks somebody has to load, and then to {@link #end}. */
  final class Flight {
    private final List<Block> blocks;
    private long announced;
    private int filled;

    private Flight(List<Block> blocks) {
      this.blocks = blocks;
    }

    int count() {
      return blocks.size();
    }

    List<MemorySegment> memory() {
      return blocks.stream().map(Block::memory).toList();
    }

    /** Hands out the blocks that lie in the first {@code bytes} bytes. */
    void announce(long bytes) {
      synchronized (LeasedBlocks.this) {
        while (filled < blocks.size() && announced + blocks.get(filled).length <= bytes) {
          Block block = blocks.get(filled);
          block.state = State.FILLED;
          announced += block.length;
          filled++;
        }
        LeasedBlocks.this.notifyAll();
      }
    }

    /** Ends it; what was not announced failed for the reason given. */
    void end(StorageException failure) {
      synchronized (LeasedBlocks.this) {
        for (Block block : blocks.subList(filled, blocks.size())) {
          block.state = State.FAILED;
          block.failure = failure;
          blocksByKey.remove(block.key);
          free.add(block.slot);
        }
        flights--;
        releaseIfDone();
        LeasedBlocks.this.notifyAll();
      }
    }
  }

  private final int blockSize;
  private final int capacity;
  private final MemoryBudget budget;
  private final Map<Key, Block> blocksByKey = new LinkedHashMap<>(16, 0.75f, true);
  private final Deque<Integer> free = new ArrayDeque<>();
  private MemorySegment memory;
  private Arena arena;
  private MemoryReservation reservation;
  private int flights;
  private boolean closed;
  private long evictedBytes;
  private long unreadBytes;

  LeasedBlocks(int blockSize, long bytes, MemoryBudget budget) {
    this.blockSize = blockSize;
    this.capacity = (int) (bytes / blockSize);
    this.budget = budget;
  }

  /** Returns a lease of a block that is there, or null. */
  synchronized BlockLease get(ObjectId id, long index) {
    Block block = blocksByKey.get(new Key(id, index));
    if (block == null || block.state != State.FILLED) {
      return null;
    }
    block.pins++;
    return lease(block);
  }

  /** Either the block, pinned, or the flight that has to load it first. */
  record Claim(Block block, Flight flight) {}

  /**
   * Waits until a block is there or its memory is, in which case the caller loads it and those
   * after it that the memory suffices for.
   *
   * @throws StorageException the failure of somebody else's load
   */
  synchronized Claim claim(SharedBlocks object, ObjectId id, long index, int count)
      throws StorageException {
    Key key = new Key(id, index);
    try {
      while (true) {
        Block block = blocksByKey.get(key);
        if (block == null) {
          takeMemory();
          int slot = takeSlot(false);
          if (slot >= 0) {
            Flight flight = fly(object, id, index, count, slot);
            flight.blocks.getFirst().pins++;
            return new Claim(flight.blocks.getFirst(), flight);
          }
          wait();
        } else if (await(block)) {
          return new Claim(block, null);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException(Kind.CANCELLED, "interrupted while waiting for a block", e);
    }
  }

  /** Waits for the end of a load, and returns whether it was one: a cancelled load is none. */
  private boolean await(Block block) throws StorageException, InterruptedException {
    block.pins++;
    boolean good = false;
    try {
      while (block.state == State.LOADING) {
        wait();
      }
      good = block.state == State.FILLED;
    } finally {
      if (!good) {
        block.pins--;
      }
    }
    if (!good && block.failure.kind() != Kind.CANCELLED) {
      throw new StorageException(
          block.failure.kind(), String.valueOf(block.failure.getMessage()), block.failure);
    }
    return good;
  }

  /** Returns how many blocks from {@code index} are there or under way. */
  synchronized int present(ObjectId id, long index, int most) {
    int present = 0;
    while (present < most && blocksByKey.containsKey(new Key(id, index + present))) {
      present++;
    }
    return present;
  }

  /** Returns the flight of what is missing from {@code index} on, or null if memory is short. */
  synchronized Flight claimAhead(SharedBlocks object, ObjectId id, long index, int count) {
    if (!tryTakeMemory()) {
      return null;
    }
    int slot = takeSlot(true);
    return slot < 0 ? null : fly(object, id, index, count, slot);
  }

  private Flight fly(SharedBlocks object, ObjectId id, long index, int count, int firstSlot) {
    List<Block> blocks = new ArrayList<>();
    int slot = firstSlot;
    while (slot >= 0) {
      long number = index + blocks.size();
      Key key = new Key(id, number);
      Block block = new Block(key, slot, (int) object.range(number, number + 1).length());
      blocksByKey.put(key, block);
      blocks.add(block);
      boolean more =
          blocks.size() < count
              && number + 1 < object.count()
              && !blocksByKey.containsKey(new Key(id, number + 1));
      slot = more ? takeSlot(true) : -1;
    }
    flights++;
    return new Flight(blocks);
  }

  /** Returns memory for one block, or -1. Read-ahead takes none from read-ahead nobody has read. */
  private int takeSlot(boolean ahead) {
    if (free.isEmpty() && !evict(true) && (ahead || !evict(false))) {
      return -1;
    }
    return free.remove();
  }

  private boolean evict(boolean onlyRead) {
    for (Iterator<Block> eldest = blocksByKey.values().iterator(); eldest.hasNext(); ) {
      Block block = eldest.next();
      if (block.state == State.FILLED && block.pins == 0 && (block.read || !onlyRead)) {
        eldest.remove();
        free.add(block.slot);
        evictedBytes += block.length;
        unreadBytes += block.read ? 0 : block.length;
        return true;
      }
    }
    return false;
  }

  private void takeMemory() throws InterruptedException {
    checkOpen();
    if (memory == null) {
      adopt(budget.reserve((long) capacity * blockSize, MemoryBudget.Use.READ));
    }
  }

  private boolean tryTakeMemory() {
    checkOpen();
    if (memory == null) {
      MemoryReservation bytes =
          budget.tryReserve((long) capacity * blockSize, MemoryBudget.Use.READ_AHEAD);
      if (bytes == null) {
        return false;
      }
      adopt(bytes);
    }
    return true;
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the cache is closed");
    }
  }

  private void adopt(MemoryReservation bytes) {
    reservation = bytes;
    arena = Arena.ofShared();
    memory = arena.allocate(bytes.bytes(), blockSize);
    for (int slot = 0; slot < capacity; slot++) {
      free.add(slot);
    }
  }

  /** Returns the lease of a block that was pinned for the caller. */
  synchronized BlockLease lease(Block block) {
    block.read = true;
    return new Lease(block, block.memory().asReadOnly());
  }

  /** Gives back a pin that no lease was made of. */
  synchronized void unpin(Block block) {
    block.pins--;
    releaseIfDone();
    notifyAll();
  }

  synchronized boolean isFilled(Block block) {
    return block.state == State.FILLED;
  }

  synchronized long usedBytes() {
    return blocksByKey.values().stream()
        .filter(block -> block.state == State.FILLED)
        .mapToLong(block -> block.length)
        .sum();
  }

  synchronized long pinnedBytes() {
    return blocksByKey.values().stream()
        .filter(block -> block.state == State.FILLED && block.pins > 0)
        .mapToLong(block -> block.length)
        .sum();
  }

  synchronized long evictedBytes() {
    return evictedBytes;
  }

  synchronized long unreadBytes() {
    return unreadBytes;
  }

  long capacityBytes() {
    return (long) capacity * blockSize;
  }

  synchronized void close() {
    closed = true;
    releaseIfDone();
    notifyAll();
  }

  private void releaseIfDone() {
    boolean used = flights > 0 || blocksByKey.values().stream().anyMatch(block -> block.pins > 0);
    if (closed && !used && memory != null) {
      memory = null;
      arena.close();
      reservation.close();
    }
  }

  /** A pinned block. */
  private final class Lease implements BlockLease {
    private final Block block;
    private final MemorySegment segment;
    private boolean open = true;

    Lease(Block block, MemorySegment segment) {
      this.block = block;
      this.segment = segment;
    }

    @Override
    public MemorySegment segment() {
      return segment;
    }

    @Override
    public void close() {
      synchronized (LeasedBlocks.this) {
        if (open) {
          open = false;
          unpin(block);
        }
      }
    }
  }
}
