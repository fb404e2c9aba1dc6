// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.MemoryBudget.Use;
import io.sluicefs.spi.MemoryReservation;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.cache.BlockLoader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The blocks readers hold leases of when no cache in memory is above this one. They are in memory
 * as long as that and not longer; one load of a block is under way at a time. Thread-safe.
 */
final class LeasedBlocks {
  /** A block of an object, by its number. */
  record Key(long object, int block) {}

  /** A block that was read ahead, and nobody has asked for. */
  private record Ahead(Regions.Place place, int bytes) {}

  /**
   * What a reader got: its block, pinned for it.
   *
   * @param flight to run for it; null if somebody else loads it, or has
   */
  record Claim(LeasedBlock block, @Nullable Flight flight) {}

  private final LmdbBlockCache cache;
  private final Regions regions;
  private final int capacity;
  private final MemoryBudget budget;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private final Map<Key, LeasedBlock> blocks = new HashMap<>();

  @GuardedBy("lock")
  private final Map<Key, Ahead> ahead = new HashMap<>();

  @GuardedBy("lock")
  private int waitingReads;

  @GuardedBy("lock")
  private boolean closed;

  /**
   * Creates the table.
   *
   * @param capacity most blocks that may be leased or under way
   */
  LeasedBlocks(LmdbBlockCache cache, Regions regions, int capacity, MemoryBudget budget) {
    this.cache = cache;
    this.regions = regions;
    this.capacity = capacity;
    this.budget = budget;
  }

  /** Pins the block, or starts loading it and those after it, waiting for room if need be. */
  Claim claim(DiskObject object, int index, int count) throws StorageException {
    lock.lock();
    try {
      while (true) {
        checkOpen();
        LeasedBlock there = blocks.get(new Key(object.number(), index));
        if (there != null) {
          there.pins++;
          return new Claim(there, null);
        }
        if (blocks.size() < capacity) {
          Flight flight = start(object, index, count, false);
          flight.blocks.getFirst().pins++;
          return new Claim(flight.blocks.getFirst(), flight);
        }
        waitingReads++;
        try {
          changed.await();
        } catch (InterruptedException e) {
          throw cancelled(object, index);
        } finally {
          waitingReads--;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Pins the block, or starts getting it from the disk; null if that means waiting. */
  @Nullable Claim claimIfThere(DiskObject object, int index) {
    lock.lock();
    try {
      checkOpen();
      LeasedBlock there = blocks.get(new Key(object.number(), index));
      if (there == null) {
        if (blocks.size() == capacity) {
          return null;
        }
        Flight flight = start(object, index, 1, false);
        flight.blocks.getFirst().pins++;
        return new Claim(flight.blocks.getFirst(), flight);
      }
      if (there.state() != LeasedBlock.State.FILLED) {
        return null;
      }
      there.pins++;
      return new Claim(there, null);
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether the block is in memory or being loaded. */
  boolean has(DiskObject object, int index) {
    lock.lock();
    try {
      return blocks.containsKey(new Key(object.number(), index));
    } finally {
      lock.unlock();
    }
  }

  /** Starts loading ahead what there is room for; null if there is none. */
  @Nullable Flight claimAhead(DiskObject object, int index, int count) {
    lock.lock();
    try {
      checkOpen();
      ahead.values().removeIf(one -> one.place().region().generation() != one.place().generation());
      int room = capacity - Math.max(blocks.size(), ahead.size());
      if (waitingReads > 0 || room <= 0 || blocks.containsKey(new Key(object.number(), index))) {
        return null;
      }
      return start(object, index, Math.min(room, count), true);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private Flight start(DiskObject object, int index, int count, boolean isAhead) {
    List<LeasedBlock> started = new ArrayList<>();
    int end = Math.min(index + count, object.blockCount());
    for (int block = index; block < end && blocks.size() < capacity; block++) {
      Key key = new Key(object.number(), block);
      if (blocks.containsKey(key)) {
        break;
      }
      LeasedBlock one = new LeasedBlock(this, key, object.blockLength(block));
      blocks.put(key, one);
      started.add(one);
    }
    return new Flight(object, index, started, isAhead);
  }

  /** Waits for the end of a load. */
  LeasedBlock.State await(DiskObject object, LeasedBlock block) throws StorageException {
    lock.lock();
    try {
      while (block.state() == LeasedBlock.State.LOADING) {
        changed.await();
      }
      return block.state();
    } catch (InterruptedException e) {
      throw cancelled(object, block.key().block());
    } finally {
      lock.unlock();
    }
  }

  /** Notes that somebody got the block. */
  void handedOut(LeasedBlock block) {
    lock.lock();
    try {
      Ahead one = ahead.remove(block.key());
      if (one != null) {
        regions.awaited(one.place(), one.bytes());
      }
    } finally {
      lock.unlock();
    }
  }

  void unpin(LeasedBlock block) {
    lock.lock();
    try {
      if (--block.pins == 0) {
        blocks.remove(block.key(), block);
        block.free();
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  long pinnedBytes() {
    lock.lock();
    try {
      long bytes = 0;
      for (LeasedBlock block : blocks.values()) {
        bytes += block.state() == LeasedBlock.State.FILLED ? block.length() : 0;
      }
      return bytes;
    } finally {
      lock.unlock();
    }
  }

  /** Takes the blocks of an object out of sight; leases of them stay. */
  void discard(long object) {
    lock.lock();
    try {
      blocks.keySet().removeIf(key -> key.object() == object);
      ahead.keySet().removeIf(key -> key.object() == object);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Hands out nothing from now on. */
  void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the disk cache is closed");
    }
  }

  static StorageException cancelled(DiskObject object, int block) {
    Thread.currentThread().interrupt();
    return new StorageException(
        Kind.CANCELLED, "%s: interrupted at block %d".formatted(object.record().id(), block));
  }

  /** One request for neighbouring blocks, with a pin of each until it ends. */
  final class Flight implements LoadObserver {
    private final DiskObject object;
    private final int index;
    private final boolean isAhead;
    private List<LeasedBlock> blocks;
    private int landed;
    private boolean firstLoaded;

    private Flight(DiskObject object, int index, List<LeasedBlock> blocks, boolean isAhead) {
      this.object = object;
      this.index = index;
      this.blocks = blocks;
      this.isAhead = isAhead;
    }

    /** Returns the index after its last block. */
    int end() {
      return index + blocks.size();
    }

    /** Returns whether its first block came from the loader. */
    boolean isFirstLoaded() {
      return firstLoaded;
    }

    /**
     * Loads the blocks. Those announced stay whatever happens then.
     *
     * @throws StorageException the loader's; the blocks that have not landed fail with it
     */
    void run(BlockLoader loader) throws StorageException {
      StorageException failed =
          new StorageException(Kind.SERVER_ERROR, object.record().id() + ": the load broke");
      try {
        takeMemory();
        ByteBuffer[] targets =
            blocks.stream().map(block -> block.memory().asByteBuffer()).toArray(ByteBuffer[]::new);
        long bytes = object.bytes(index, end());
        cache.load(
            object,
            ByteRange.of((long) index * object.blockSize(), bytes),
            targets,
            this::filled,
            loader,
            this);
      } catch (StorageException e) {
        failed = e;
        throw e;
      } finally {
        end(blocks, failed);
      }
    }

    private void takeMemory() throws StorageException {
      List<LeasedBlock> with = new ArrayList<>();
      for (LeasedBlock block : blocks) {
        NativeBuffer memory = memory(block, with.isEmpty() && !isAhead);
        if (memory == null) {
          break;
        }
        block.adopt(memory);
        with.add(block);
      }
      List<LeasedBlock> without = blocks.subList(with.size(), blocks.size());
      blocks = with;
      // Whoever waits for those loads them.
      end(
          without,
          new StorageException(Kind.CANCELLED, object.record().id() + ": memory is short"));
      if (with.isEmpty()) {
        throw new StorageException(Kind.CANCELLED, object.record().id() + ": memory is short");
      }
    }

    @SuppressWarnings("MustBeClosedChecker") // the block takes it over
    private @Nullable NativeBuffer memory(LeasedBlock block, boolean wait) throws StorageException {
      try {
        MemoryReservation reservation =
            wait
                ? budget.reserve(block.length(), Use.READ)
                : budget.tryReserve(block.length(), Use.READ_AHEAD);
        return reservation == null ? null : new NativeBuffer(reservation);
      } catch (InterruptedException e) {
        throw cancelled(object, block.key().block());
      }
    }

    private void filled(long bytes) {
      int end = landed;
      while (end < blocks.size() && object.bytes(index, index + end + 1) <= bytes) {
        end++;
      }
      if (end > landed) {
        lock.lock();
        try {
          blocks.subList(landed, end).forEach(LeasedBlock::fill);
          changed.signalAll();
        } finally {
          lock.unlock();
        }
        landed = end;
      }
    }

    private void end(List<LeasedBlock> ended, StorageException why) {
      lock.lock();
      try {
        for (LeasedBlock block : ended) {
          if (block.state() == LeasedBlock.State.LOADING) {
            block.fail(why);
            LeasedBlocks.this.blocks.remove(block.key(), block);
          }
          unpin(block);
        }
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public boolean isAhead() {
      return isAhead;
    }

    @Override
    public boolean waitsForFills() {
      return true;
    }

    @Override
    public void loading(int first, int count, boolean fromDisk) {
      if (first <= index && index < first + count) {
        firstLoaded = !fromDisk;
      }
    }

    @Override
    public void kept(int first, int count, Regions.Place place) {
      if (!isAhead) {
        return;
      }
      lock.lock();
      try {
        for (int block = first; block < first + count; block++) {
          ahead.put(new Key(object.number(), block), new Ahead(place, object.blockLength(block)));
        }
      } finally {
        lock.unlock();
      }
    }
  }
}
