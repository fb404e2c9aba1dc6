// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.MemoryBudget;
import io.sluicefs.spi.MemoryBudget.Use;
import io.sluicefs.spi.MemoryReservation;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.PluginMetrics;
import io.sluicefs.spi.PluginSettings;
import io.sluicefs.spi.SettingException;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.cache.BlockCache;
import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.cache.CacheStats;
import io.sluicefs.spi.cache.ObjectBlocks;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Blocks in native memory, shared by all attachments of an object.
 *
 * <p>A hit takes no lock: it finds the block in its object's table and pins it. Everything that
 * changes tables, memory or order happens under one lock, in steps of a microsecond, a few for each
 * block loaded. Never under the lock: a load, waiting for one, a call of the {@link MemoryBudget}
 * that may call reclaimers, allocating and freeing memory.
 */
final class MemoryBlockCache implements BlockCache {
  /**
   * How often a read that waits for memory looks again: it is woken when a block of this cache is
   * unpinned, but nobody tells when the budget has bytes.
   */
  private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final int blockSize;

  @GuardedBy("lock")
  private long capacity;

  private volatile long retentionNanos;
  private final long idleNanos;
  private final MemoryBudget budget;
  private final EvictionOrder order;
  private final LongAdder hits = new LongAdder();
  private final LongAdder pinnedBytes = new LongAdder();

  private final MemoryBudget.Registration reclaimer;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition memoryFreed = lock.newCondition();
  private final Condition somethingToKeep = lock.newCondition();

  @GuardedBy("lock")
  private final Map<ObjectId, CachedObject> objects = new HashMap<>();

  @GuardedBy("lock")
  private final SlabPool pool;

  @GuardedBy("lock")
  private boolean closed;

  @GuardedBy("lock")
  private long misses;

  @GuardedBy("lock")
  private long loadedBytes;

  @GuardedBy("lock")
  private long usedBytes;

  @GuardedBy("lock")
  private long evictedBytes;

  @GuardedBy("lock")
  private long unreadBytes;

  /** Reads waiting for memory. Changed under the lock. */
  private final AtomicInteger waitingReads = new AtomicInteger();

  @SuppressWarnings("MustBeClosedChecker") // close() closes the registration
  MemoryBlockCache(MemoryCacheConfig config, MemoryBudget budget) {
    this.blockSize = config.blockSize();
    this.capacity = config.capacity();
    this.retentionNanos = config.retention().nanos();
    this.idleNanos = config.idleSlabs().toNanos();
    this.budget = budget;
    this.order = new EvictionOrder(capacity / blockSize, blockSize);
    this.pool = new SlabPool(blockSize, capacity);
    this.reclaimer = budget.addReclaimer(this::reclaim);
    Thread.ofVirtual().name("cache-memory-keeper").start(this::keep);
  }

  /** Shows an operator what the counts of every cache do not tell. */
  void show(PluginMetrics metrics) {
    metrics.gauge(
        "waiting-reads", "Reads that wait until memory is free.", waitingReads::doubleValue);
    metrics.gauge(
        "slab-bytes", "Memory taken from the budget, used by blocks or not.", this::taken);
  }

  private double taken() {
    lock.lock();
    try {
      return pool.bytes();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int blockSize() {
    return blockSize;
  }

  EvictionOrder order() {
    return order;
  }

  @Override
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // returned
  public ObjectBlocks attach(ObjectId id, long size, BlockLoader loader) {
    lock.lock();
    try {
      checkOpen();
      CachedObject object =
          objects.computeIfAbsent(id, absent -> new CachedObject(absent, size, blockSize));
      if (object.size() != size) {
        throw new IllegalArgumentException(
            "%s has %d bytes, not %d".formatted(id, object.size(), size));
      }
      if (!object.isAttached() && isExpired(object, System.nanoTime())) {
        dropFilled(object);
      }
      MemoryObjectBlocks blocks = new MemoryObjectBlocks(this, object, loader);
      object.attach(blocks);
      return blocks;
    } finally {
      lock.unlock();
    }
  }

  /** {@inheritDoc} Who is attached goes on with what there is, as with another object. */
  @Override
  public void discard(ObjectId id, long size) {
    lock.lock();
    try {
      CachedObject object = objects.remove(id);
      if (object != null) {
        dropFilled(object);
      }
    } finally {
      lock.unlock();
    }
  }

  void detach(CachedObject object, MemoryObjectBlocks blocks) {
    lock.lock();
    try {
      object.detach(blocks);
      if (!object.isAttached()) {
        object.detachedAt = System.nanoTime();
        settle(object);
        somethingToKeep.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * What a read got: its block, pinned for it.
   *
   * @param flight to run for it; null if the block is there or somebody else loads it
   */
  record Claim(Block block, @Nullable Flight flight) {}

  /** Pins the block, or takes memory to load it and, where there is some, those after it. */
  Claim claim(CachedObject object, long index, int count) throws StorageException {
    lock.lock();
    try {
      // While the lock is free, in grow and wait, anything can happen: all is looked at anew.
      boolean mayGrow = true;
      boolean mayTakeReadSlice = true;
      while (true) {
        checkOpen();
        Block there = object.table().get(index);
        if (there != null) {
          there.pin();
          return new Claim(there, null);
        }
        if (mayGrow && pool.freeSlots() < missing(object, index, count)) {
          mayGrow = grow(Use.READ_AHEAD);
          continue;
        }
        Slot slot = takeSlot(true);
        if (slot != null) {
          misses++;
          Flight flight = flight(object, index, count, slot);
          flight.first().pin();
          return new Claim(flight.first(), flight);
        }
        if (mayTakeReadSlice) {
          mayTakeReadSlice = grow(Use.READ);
          continue;
        }
        waitForMemory(object, index);
        mayGrow = true;
        mayTakeReadSlice = true;
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes memory to load the block and those after it, as far as there is some.
   *
   * @return null if there is none, or the block is there or under way
   */
  @Nullable Flight claimAhead(CachedObject object, long index, int count) {
    lock.lock();
    try {
      boolean mayGrow = true;
      while (true) {
        checkOpen();
        if (object.table().get(index) != null) {
          return null;
        }
        if (mayGrow
            && waitingReads.get() == 0
            && pool.freeSlots() < missing(object, index, count)) {
          mayGrow = grow(Use.READ_AHEAD);
          continue;
        }
        Slot slot = takeSlot(false);
        return slot == null ? null : flight(object, index, count, slot);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns how many blocks from {@code index}, of {@code count}, are neither there nor under way.
   */
  private static int missing(CachedObject object, long index, int count) {
    long end = Math.min(index + count, object.blockCount());
    long next = index;
    while (next < end && object.table().get(next) == null) {
      next++;
    }
    return (int) (next - index);
  }

  @GuardedBy("lock")
  private Flight flight(CachedObject object, long index, int count, Slot firstSlot) {
    long end = index + missing(object, index, count);
    List<Block> blocks = new ArrayList<>();
    Slot slot = firstSlot;
    long next = index;
    long bytes = 0;
    while (slot != null) {
      Block block = new Block(this, object, next, object.blockLength(next), slot);
      slot.slab().settle(slot, block);
      object.table().put(block);
      blocks.add(block);
      bytes += block.length();
      next++;
      slot = next < end ? takeSlot(false) : null;
    }
    return new Flight(this, object, blocks, ByteRange.of(index * blockSize, bytes));
  }

  /** Takes a free slot or one freed by eviction; read-ahead gets none while a read waits. */
  @GuardedBy("lock")
  private @Nullable Slot takeSlot(boolean forRead) {
    if (!forRead && waitingReads.get() > 0) {
      return null;
    }
    Slot slot = pool.take();
    if (slot == null) {
      Block victim = order.claimVictim(forRead);
      if (victim != null) {
        evict(victim);
        slot = pool.take();
      }
    }
    return slot;
  }

  /** Frees a claimed block. */
  @GuardedBy("lock")
  private void evict(Block block) {
    evictedBytes += block.length();
    remove(block);
    release(block);
    forgetIfUnused(block.object());
  }

  /** Adds a slab, or less when memory is short; lets go of the lock meanwhile. */
  @GuardedBy("lock")
  private boolean grow(Use use) {
    long planned = pool.planSlab(use == Use.READ ? blockSize : Long.MAX_VALUE);
    if (planned == 0) {
      return false;
    }
    Slab slab = null;
    lock.unlock();
    try {
      slab = allocate(planned, use);
    } finally {
      lock.lock();
      pool.forget(planned - (slab == null ? 0 : slab.bytes()));
    }
    if (slab == null) {
      return false;
    }
    pool.add(slab);
    if (closed) {
      pool.remove(slab);
      slab.close();
    }
    return true;
  }

  @SuppressWarnings("MustBeClosedChecker") // the slab takes the reservation over
  private @Nullable Slab allocate(long most, Use use) {
    long bytes = most;
    while (true) {
      MemoryReservation reservation = budget.tryReserve(bytes, use);
      if (reservation != null) {
        try {
          return new Slab(reservation, blockSize);
        } catch (RuntimeException | Error e) {
          reservation.close();
          throw e;
        }
      }
      if (bytes == blockSize) {
        return null;
      }
      bytes = Math.max(blockSize, bytes / 8 - bytes / 8 % blockSize);
    }
  }

  @GuardedBy("lock")
  @SuppressWarnings("WaitNotInLoop") // the caller looks again, in a loop
  private void waitForMemory(CachedObject object, long index) throws StorageException {
    waitingReads.incrementAndGet();
    try {
      // Whoever unpins after this look sees that somebody waits.
      if (pool.freeSlots() == 0 && !order.hasUnpinned()) {
        long _ = memoryFreed.awaitNanos(LOOK_AGAIN_NANOS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw cancelled(object, index, e);
    } finally {
      waitingReads.decrementAndGet();
    }
  }

  static StorageException cancelled(
      CachedObject object, long index, @Nullable InterruptedException cause) {
    return new StorageException(
        Kind.CANCELLED, "%s: interrupted at block %d".formatted(object.id(), index), cause);
  }

  /** Hands blocks of a flight to whoever wants them. */
  void filled(List<Block> blocks) {
    lock.lock();
    try {
      for (Block block : blocks) {
        loadedBytes += block.length();
        usedBytes += block.length();
        pinnedBytes.add(block.length());
        order.add(block);
        block.fill();
      }
    } finally {
      lock.unlock();
    }
    land(blocks);
  }

  /** Tells whoever waits for blocks of a flight that they will not come. */
  void failed(List<Block> blocks, StorageException why) {
    lock.lock();
    try {
      for (Block block : blocks) {
        block.object().table().remove(block);
        block.drop();
      }
    } finally {
      lock.unlock();
    }
    blocks.forEach(block -> block.fail(why));
    land(blocks);
  }

  private static void land(List<Block> blocks) {
    for (Block block : blocks) {
      block.announce();
      block.close();
    }
  }

  /** Lets go of what a flight loaded for nobody. */
  void ended(CachedObject object) {
    lock.lock();
    try {
      settle(object);
    } finally {
      lock.unlock();
    }
  }

  /** Notes that somebody pinned a filled block nobody had pinned. */
  void pinned(Block block) {
    pinnedBytes.add(block.length());
  }

  /** Notes that nobody has the block pinned any more. */
  void unpinned(Block block) {
    if (block.state() == Block.State.FILLED) {
      pinnedBytes.add(-block.length());
    }
    if (block.isDropped() || waitingReads.get() > 0) {
      lock.lock();
      try {
        if (block.isDropped() && block.claim()) {
          release(block);
        }
        memoryFreed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  void countHit() {
    hits.increment();
  }

  /** Lets go of the blocks of an object nobody is attached to, as the retention says. */
  @GuardedBy("lock")
  private void settle(CachedObject object) {
    boolean isKept = retentionNanos > 0 && objects.get(object.id()) == object;
    if (closed || (!object.isAttached() && !isKept)) {
      dropFilled(object);
    }
    forgetIfUnused(object);
  }

  @GuardedBy("lock")
  private void forgetIfUnused(CachedObject object) {
    if (!object.isAttached() && object.table().isEmpty()) {
      objects.remove(object.id(), object);
    }
  }

  @GuardedBy("lock")
  private void dropFilled(CachedObject object) {
    for (Block block : object.table().blocks()) {
      if (block.state() == Block.State.FILLED) {
        drop(block);
      }
    }
  }

  /** Takes a block out of sight; its memory goes now or with its last lease. */
  @GuardedBy("lock")
  private void drop(Block block) {
    remove(block);
    block.drop();
    if (block.claim()) {
      release(block);
    }
  }

  @GuardedBy("lock")
  private void remove(Block block) {
    if (!block.isRead()) {
      unreadBytes += block.length();
    }
    order.remove(block);
    block.object().table().remove(block);
  }

  @GuardedBy("lock")
  private void release(Block block) {
    if (block.state() == Block.State.FILLED) {
      usedBytes -= block.length();
    }
    Slab slab = block.slot().slab();
    pool.release(block.slot());
    if (slab.isIdle()) {
      if (closed) {
        pool.remove(slab);
        slab.close();
      } else {
        somethingToKeep.signal();
      }
    }
    if (waitingReads.get() > 0) {
      memoryFreed.signalAll();
    }
  }

  /** Gives whole slabs back: idle ones, then those whose blocks are the least loss. */
  private long reclaim(long bytes) {
    List<Slab> freed = new ArrayList<>();
    long sum = 0;
    lock.lock();
    try {
      List<Slab> byLoss = new ArrayList<>(pool.slabs());
      byLoss.sort(Comparator.comparingInt(Slab::unreadBlocks).thenComparingLong(Slab::touchedAt));
      for (Slab slab : byLoss) {
        if (sum < bytes && empty(slab)) {
          sum += slab.bytes();
          pool.remove(slab);
          freed.add(slab);
        }
      }
    } finally {
      lock.unlock();
    }
    freed.forEach(Slab::close);
    return sum;
  }

  /** Evicts the blocks of a slab; returns whether it is idle then. */
  @GuardedBy("lock")
  private boolean empty(Slab slab) {
    if (!slab.isPinned()) {
      for (Block block : slab.blocks()) {
        if (block != null && block.claim()) {
          if (block.isDropped()) {
            release(block);
          } else {
            evict(block);
          }
        }
      }
    }
    return slab.isIdle();
  }

  /** Gives back idle slabs and lets go of objects whose time is over, until the cache closes. */
  private void keep() {
    Slab.warmUp();
    lock.lock();
    try {
      while (!closed) {
        long now = System.nanoTime();
        long wait = expire(now);
        List<Slab> idle = pool.removeIdle(now - idleNanos);
        if (!idle.isEmpty()) {
          lock.unlock();
          try {
            idle.forEach(Slab::close);
          } finally {
            lock.lock();
          }
          continue;
        }
        if (pool.hasIdle()) {
          wait = Math.min(wait, idleNanos);
        }
        long _ = somethingToKeep.awaitNanos(wait);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /** Returns the nanoseconds until the next object's time is over. */
  @GuardedBy("lock")
  private long expire(long now) {
    long wait = Long.MAX_VALUE;
    if (retentionNanos > 0 && retentionNanos < Long.MAX_VALUE) {
      for (CachedObject object : List.copyOf(objects.values())) {
        if (object.isAttached()) {
          continue;
        }
        if (isExpired(object, now)) {
          dropFilled(object);
          forgetIfUnused(object);
        } else {
          wait = Math.min(wait, retentionNanos - (now - object.detachedAt));
        }
      }
    }
    return wait;
  }

  private boolean isExpired(CachedObject object, long now) {
    return retentionNanos < Long.MAX_VALUE && now - object.detachedAt >= retentionNanos;
  }

  @GuardedBy("lock")
  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("the memory cache is closed");
    }
  }

  @Override
  public CacheStats stats() {
    lock.lock();
    try {
      return new CacheStats(
          hits.sum(),
          misses,
          loadedBytes,
          evictedBytes,
          unreadBytes,
          usedBytes,
          pinnedBytes.sum(),
          capacity);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void reconfigure(PluginSettings settings) throws SettingException {
    MemoryCacheConfig config = MemoryCacheConfig.of(settings, budget.limit());
    lock.lock();
    try {
      capacity = config.capacity();
      pool.setCapacity(capacity);
      order.setCapacity(capacity / blockSize);
      retentionNanos = config.retention().nanos();
      long now = System.nanoTime();
      for (CachedObject object : List.copyOf(objects.values())) {
        if (!object.isAttached() && isExpired(object, now)) {
          dropFilled(object);
          forgetIfUnused(object);
        }
      }
      somethingToKeep.signal();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    reclaimer.close();
    lock.lock();
    try {
      closed = true;
      for (CachedObject object : List.copyOf(objects.values())) {
        settle(object);
      }
      for (Slab slab : pool.removeIdle(System.nanoTime())) {
        slab.close();
      }
      memoryFreed.signalAll();
      somethingToKeep.signal();
    } finally {
      lock.unlock();
    }
  }
}
