// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Brings blocks to the disk while their readers go on: a copy is all a reader pays. One thread
 * writes to the slab file, what lies one behind the other in one call; another commits what is
 * written to the index, as much as has come together while the commit before was synced. Blocks are
 * found here until the index has them. What finds no room is dropped and counted.
 */
final class FillQueue implements AutoCloseable {
  private static final Logger LOGGER = System.getLogger(FillQueue.class.getName());
  private static final long MOST_BYTES_AT_ONCE = 8L << 20;
  private static final long BYTES_OF_A_COMMIT = 16L << 20;
  private static final long LONGEST_UNCOMMITTED_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long IMPATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long END_WITHIN_SECONDS = 60;

  /** Bytes of the index's file that are in use before a region goes to make room in it. */
  private static final int INDEX_SHARE = 2;

  /** A block whose bytes are not what its checksum says. */
  private record BadBlock(Extent extent, int block) {}

  private final LinuxFile file;
  private final Regions regions;
  private final BlockIndex index;
  private final long indexSize;
  private final DiskHealth health;
  private final Set<Long> pinned;
  private final Set<Long> discarded;
  private final Runnable tick;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition toWrite = lock.newCondition();
  private final Condition toCommit = lock.newCondition();
  private final Condition committed = lock.newCondition();

  @GuardedBy("lock")
  private final FillMemory memory;

  @GuardedBy("lock")
  private final List<Fill> pending = new ArrayList<>();

  @GuardedBy("lock")
  private final Deque<Fill> queue = new ArrayDeque<>();

  @GuardedBy("lock")
  private List<Fill> written = new ArrayList<>();

  @GuardedBy("lock")
  private List<BadBlock> bad = new ArrayList<>();

  @GuardedBy("lock")
  private long commits;

  @GuardedBy("lock")
  private boolean commitWanted;

  @GuardedBy("lock")
  private int waitingForCommits;

  @GuardedBy("lock")
  private long uncommittedBytes;

  @GuardedBy("lock")
  private long uncommittedSince;

  @GuardedBy("lock")
  private long droppedBytes;

  @GuardedBy("lock")
  private long writtenBytes;

  @GuardedBy("lock")
  private long lastFill;

  @GuardedBy("lock")
  private long patientFrom = System.nanoTime();

  @GuardedBy("lock")
  private boolean closing;

  @GuardedBy("lock")
  private boolean writerEnded;

  @GuardedBy("lock")
  private boolean ended;

  private final Thread writer;
  private final Thread keeper;

  /**
   * Starts the queue.
   *
   * @param file the slab file; borrowed
   * @param indexSize most bytes of the index's file
   * @param pinned numbers of pinned objects, a concurrent set
   * @param discarded numbers of objects that are not kept, a concurrent set
   * @param tick run every second by the thread that commits
   */
  FillQueue(
      LinuxFile file,
      Regions regions,
      BlockIndex index,
      long indexSize,
      DiskHealth health,
      FillMemory memory,
      Set<Long> pinned,
      Set<Long> discarded,
      Runnable tick) {
    this.file = file;
    this.regions = regions;
    this.index = index;
    this.indexSize = indexSize;
    this.health = health;
    this.memory = memory;
    this.pinned = pinned;
    this.discarded = discarded;
    this.tick = tick;
    this.writer = Thread.ofPlatform().daemon().name("cache-disk-writer").unstarted(this::write);
    this.keeper = Thread.ofPlatform().daemon().name("cache-disk-keeper").unstarted(this::keep);
    writer.start();
    keeper.start();
  }

  /**
   * Begins a fill, which the caller {@linkplain #grow grows} block by block, copies to, and
   * {@linkplain #submit submits}.
   *
   * @param count most blocks it will have
   * @return null if they are dropped
   */
  @Nullable Fill begin(DiskObject object, int start, int count, LoadObserver loading) {
    int bytes = (int) object.bytes(start, start + count);
    lock.lock();
    try {
      lastFill = System.nanoTime();
      Regions.Place place = closing || !health.isUsable() ? null : place(bytes, loading);
      if (place == null) {
        droppedBytes += bytes;
        return null;
      }
      Fill fill = new Fill(object, start, count, place);
      pending.add(fill);
      return fill;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private Regions.@Nullable Place place(int bytes, LoadObserver loading) {
    int padded = (int) NativeBuffer.padded(bytes);
    Regions.Place place = regions.allocate(padded, bytes, loading.isAhead());
    if (place == null && loading.waitsForFills() && awaitWritten()) {
      place = regions.allocate(padded, bytes, loading.isAhead());
    }
    return place;
  }

  /** Adds the memory of one more block; returns false if there is none. */
  boolean grow(Fill fill, LoadObserver loading) {
    lock.lock();
    try {
      MemorySegment slot = memory.take();
      if (slot == null && loading.waitsForFills() && awaitWritten()) {
        slot = memory.take();
      }
      if (slot == null) {
        slot = awaitSlot();
      }
      return slot != null && fill.slots().add(slot);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits a moment for memory: a commit is synced, and a load can stand that. If the disk cannot
   * keep up for longer, nobody waits for the next second.
   */
  @GuardedBy("lock")
  private @Nullable MemorySegment awaitSlot() {
    long now = System.nanoTime();
    long left = now - patientFrom < 0 ? 0 : PATIENCE_NANOS;
    MemorySegment slot = null;
    try {
      while (slot == null && left > 0 && !closing) {
        left = awaitCommit(left);
        slot = memory.take();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (slot == null) {
      patientFrom = System.nanoTime() + IMPATIENCE_NANOS;
    }
    return slot;
  }

  /** Waits for the end of a commit, which is then not put off; returns what is left of the time. */
  @GuardedBy("lock")
  @SuppressWarnings("WaitNotInLoop") // the callers look again, in loops
  private long awaitCommit(long nanos) throws InterruptedException {
    waitingForCommits++;
    toCommit.signal();
    try {
      return committed.awaitNanos(nanos);
    } finally {
      waitingForCommits--;
    }
  }

  /** Takes the last block, which is not whole, from a fill. */
  void cutLast(Fill fill) {
    lock.lock();
    try {
      memory.giveBack(fill.slots().removeLast());
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes over a fill whose blocks are whole, to bring it to the disk.
   *
   * @return false if it has none
   */
  boolean submit(Fill fill) {
    lock.lock();
    try {
      int less = fill.place().bytes() - fill.bytes();
      if (fill.count() == 0) {
        regions.filled(fill.place(), fill.place().bytes(), false);
        droppedBytes += less;
        forgetFills(List.of(fill));
        return false;
      }
      if (less > 0) {
        regions.lost(fill.place().region().number(), fill.place().generation(), less);
        droppedBytes += less;
      }
      fill.state = Fill.State.READY;
      queue.add(fill);
      toWrite.signal();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until nothing but what is being copied is on its way; returns false if interrupted. */
  @GuardedBy("lock")
  private boolean awaitWritten() {
    try {
      while (!ended && pending.stream().anyMatch(fill -> fill.state != Fill.State.COPYING)) {
        long _ = awaitCommit(LONGEST_UNCOMMITTED_NANOS);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Returns the fill a block is in, whose memory stays until it is {@linkplain #release released};
   * null if there is none.
   */
  @Nullable Fill find(DiskObject object, int block) {
    lock.lock();
    try {
      for (int i = pending.size() - 1; i >= 0; i--) {
        Fill fill = pending.get(i);
        if (fill.state != Fill.State.COPYING && fill.has(object, block)) {
          fill.users++;
          return fill;
        }
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  void release(Fill fill) {
    lock.lock();
    try {
      releaseLocked(fill);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void releaseLocked(Fill fill) {
    if (--fill.users == 0) {
      fill.slots().forEach(memory::giveBack);
      if (ended) {
        long _ = memory.release();
      }
    }
  }

  /** Forgets a bad block with the next commit. */
  void forget(Extent extent, int block) {
    lock.lock();
    try {
      noteUncommitted();
      bad.add(new BadBlock(extent, block));
      toCommit.signal();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void noteUncommitted() {
    if (written.isEmpty() && bad.isEmpty()) {
      uncommittedSince = System.nanoTime();
    }
  }

  /** Commits now what is written and what was evicted; returns when that was tried. */
  void commit() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      // One may be under way that began before.
      long wanted = commits + 2;
      while (commits < wanted && !ended) {
        commitWanted = true;
        toCommit.signal();
        committed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until nothing is on its way. */
  void drain() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!pending.isEmpty() && !ended) {
        long _ = awaitCommit(LONGEST_UNCOMMITTED_NANOS);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Gives memory back to the budget if nothing is in it. */
  long releaseMemory(long idleNanos) {
    if (!lock.tryLock()) {
      return 0;
    }
    try {
      return System.nanoTime() - lastFill >= idleNanos ? memory.release() : 0;
    } finally {
      lock.unlock();
    }
  }

  /** Returns how many fills are not on the disk yet. */
  int waiting() {
    lock.lock();
    try {
      return pending.size();
    } finally {
      lock.unlock();
    }
  }

  long droppedBytes() {
    lock.lock();
    try {
      return droppedBytes;
    } finally {
      lock.unlock();
    }
  }

  long writtenBytes() {
    lock.lock();
    try {
      return writtenBytes;
    } finally {
      lock.unlock();
    }
  }

  private void write() {
    try {
      for (List<Fill> run = nextRun(); !run.isEmpty(); run = nextRun()) {
        try {
          writeRun(run);
          written(run);
        } catch (DiskException e) {
          health.failed(e);
          drop(run);
        } catch (RuntimeException e) {
          LOGGER.log(Level.WARNING, "writing to the disk cache broke", e);
          drop(run);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.lock();
      try {
        writerEnded = true;
        toCommit.signal();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Waits for fills and takes those that can be written at once; none when it is to end. */
  private List<Fill> nextRun() throws InterruptedException {
    lock.lock();
    try {
      while (queue.isEmpty()) {
        if (closing) {
          return List.of();
        }
        toWrite.await();
      }
      List<Fill> run = new ArrayList<>();
      long bytes = 0;
      while (!queue.isEmpty()
          && bytes < MOST_BYTES_AT_ONCE
          && (run.isEmpty() || queue.getFirst().follows(run.getLast()))) {
        Fill fill = queue.removeFirst();
        run.add(fill);
        bytes += fill.bytes();
      }
      return run;
    } finally {
      lock.unlock();
    }
  }

  private void writeRun(List<Fill> run) throws DiskException, InterruptedException {
    Region region = run.getFirst().place().region();
    if (regions.isClearing(region)) {
      commit();
      if (regions.isClearing(region)) {
        throw new DiskException("what was evicted is still in the index", false);
      }
    }
    long start = (long) region.number() * regions.regionSize();
    if (!regions.isBacked(region)) {
      file.allocate(start, regions.regionSize());
      regions.backed(region);
    }
    List<MemorySegment> pages = new ArrayList<>();
    for (Fill fill : run) {
      pages.addAll(fill.pages());
    }
    file.write(start + run.getFirst().place().offset(), pages);
  }

  private void written(List<Fill> run) {
    lock.lock();
    try {
      noteUncommitted();
      for (Fill fill : run) {
        uncommittedBytes += fill.bytes();
        fill.state = Fill.State.WRITTEN;
        writtenBytes += fill.bytes();
        written.add(fill);
      }
      toCommit.signal();
    } finally {
      lock.unlock();
    }
  }

  private void drop(List<Fill> fills) {
    fills.forEach(fill -> regions.filled(fill.place(), fill.bytes(), false));
    lock.lock();
    try {
      for (Fill fill : fills) {
        droppedBytes += fill.bytes();
      }
      forgetFills(fills);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void forgetFills(List<Fill> fills) {
    pending.removeAll(new HashSet<>(fills));
    fills.forEach(this::releaseLocked);
    committed.signalAll();
  }

  private void keep() {
    try {
      commitUntilEnd();
    } finally {
      lock.lock();
      try {
        ended = true;
        committed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private void commitUntilEnd() {
    long second = TimeUnit.SECONDS.toNanos(1);
    long nextTick = System.nanoTime() + second;
    boolean last = false;
    while (!last) {
      List<Fill> fills;
      List<BadBlock> badBlocks;
      lock.lock();
      try {
        while (!isWorthACommit()) {
          long left = Math.min(nextTick, nextCommit()) - System.nanoTime();
          if (left <= 0) {
            break;
          }
          long _ = toCommit.awaitNanos(left);
        }
        commitWanted = false;
        uncommittedBytes = 0;
        fills = written;
        written = new ArrayList<>();
        badBlocks = bad;
        bad = new ArrayList<>();
        last = writerEnded;
      } catch (InterruptedException e) {
        // Nobody interrupts it but somebody who wants it to end.
        return;
      } finally {
        lock.unlock();
      }
      boolean isTime = System.nanoTime() - nextTick >= 0;
      List<Fill> unwanted = fills.stream().filter(this::isDiscarded).toList();
      if (!unwanted.isEmpty()) {
        fills.removeAll(unwanted);
        drop(unwanted);
      }
      commit(fills, badBlocks, isTime || last);
      if (isTime && !last) {
        nextTick = System.nanoTime() + second;
        runTick();
      }
    }
  }

  private boolean isDiscarded(Fill fill) {
    return discarded.contains(fill.object().number());
  }

  /** Each commit is synced, which costs processor time too: there are to be few. */
  @GuardedBy("lock")
  private boolean isWorthACommit() {
    return commitWanted
        || writerEnded
        || (waitingForCommits > 0 && !written.isEmpty())
        || uncommittedBytes >= BYTES_OF_A_COMMIT
        || System.nanoTime() - nextCommit() >= 0;
  }

  @GuardedBy("lock")
  private long nextCommit() {
    return written.isEmpty() && bad.isEmpty()
        ? System.nanoTime() + LONGEST_UNCOMMITTED_NANOS
        : uncommittedSince + LONGEST_UNCOMMITTED_NANOS;
  }

  private void runTick() {
    try {
      tick.run();
    } catch (RuntimeException e) {
      LOGGER.log(Level.WARNING, "keeping the disk cache broke", e);
    }
  }

  private void commit(List<Fill> fills, List<BadBlock> badBlocks, boolean withUse) {
    List<Integer> cleared = regions.takeCleared();
    List<Region> changed = fills.isEmpty() && !withUse ? List.of() : regions.takeChanged();
    boolean good = false;
    try {
      if (!(fills.isEmpty() && badBlocks.isEmpty() && cleared.isEmpty() && changed.isEmpty())) {
        index.update(update -> apply(update, fills, badBlocks, cleared, changed));
      }
      good = true;
      if (!fills.isEmpty()) {
        health.worked();
      }
    } catch (DiskException e) {
      health.failed(e);
    } catch (RuntimeException e) {
      LOGGER.log(Level.WARNING, "the index of the disk cache broke", e);
    }
    regions.cleared(cleared, good);
    if (good) {
      fills.forEach(this::settle);
    } else {
      regions.returnChanged(changed);
      fills.forEach(fill -> regions.filled(fill.place(), fill.bytes(), false));
    }
    if (!good || index.usedBytes() > indexSize / INDEX_SHARE) {
      Region _ = regions.evictOne();
    }
    lock.lock();
    try {
      if (!good) {
        fills.forEach(fill -> droppedBytes += fill.bytes());
      }
      commits++;
      forgetFills(fills);
    } finally {
      lock.unlock();
    }
  }

  private void apply(
      BlockIndex.Update update,
      List<Fill> fills,
      List<BadBlock> badBlocks,
      List<Integer> cleared,
      List<Region> changed) {
    cleared.forEach(update::removeRegion);
    for (BadBlock block : badBlocks) {
      update.remove(block.extent(), block.block());
    }
    Map<Long, ObjectRecord> known = new HashMap<>();
    for (Fill fill : fills) {
      ObjectRecord record = fill.object().record();
      ObjectRecord there =
          known.computeIfAbsent(fill.object().number(), number -> known(update, number, record));
      if (there.isSameObject(record)) {
        update.put(fill.extent());
      }
    }
    for (Region region : changed) {
      update.put(region.number(), regions.record(region));
    }
  }

  /** Returns the object that has the number, which is the one given if none had it. */
  private static ObjectRecord known(BlockIndex.Update update, long number, ObjectRecord record) {
    ObjectRecord there = update.object(number);
    if (there == null) {
      update.put(record);
      return record;
    }
    return there;
  }

  private void settle(Fill fill) {
    if (pinned.contains(fill.object().number())) {
      regions.pin(fill.place().region().number(), fill.place().generation(), true);
    }
    regions.filled(fill.place(), fill.bytes(), true);
  }

  /** Ends when what was taken is on the disk, or the disk does not answer. */
  @Override
  public void close() {
    lock.lock();
    try {
      closing = true;
      toWrite.signal();
    } finally {
      lock.unlock();
    }
    boolean interrupted = Thread.interrupted();
    try {
      if (!keeper.join(Duration.ofSeconds(END_WITHIN_SECONDS))) {
        throw new IllegalStateException("the disk does not answer; the cache is left as it is");
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    lock.lock();
    try {
      long _ = memory.release();
    } finally {
      lock.unlock();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
