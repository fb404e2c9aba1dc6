// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.cache.BlockLease;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A block from the start of its load until its memory is free again, and the lease of everybody who
 * holds it: a hit allocates nothing.
 *
 * <p>A pin is one count. Pins are taken without a lock; only an unpinned block can be {@linkplain
 * #claim claimed}, once, by whoever frees it. While it loads, the load holds a pin and so does
 * everybody who waits for it. A block is never used again: another residence is another block.
 */
final class Block implements BlockLease {
  enum State {
    LOADING,
    FILLED,
    FAILED
  }

  private static final VarHandle PINS;
  private static final VarHandle READ;
  private static final VarHandle TOUCHED;

  /** Pins of a claimed block: so far below zero that late pins, undone at once, stay below. */
  private static final int CLAIMED = Integer.MIN_VALUE / 2;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      PINS = lookup.findVarHandle(Block.class, "pins", int.class);
      READ = lookup.findVarHandle(Block.class, "read", boolean.class);
      TOUCHED = lookup.findVarHandle(Block.class, "touched", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final MemoryBlockCache cache;
  private final CachedObject object;
  private final long index;
  private final int length;
  private final Slot slot;
  private final MemorySegment segment;

  private volatile State state = State.LOADING;
  private @Nullable StorageException failure;
  private volatile int pins;
  private volatile boolean dropped;

  @SuppressWarnings("UnusedVariable") // written through READ
  private volatile boolean read;

  @SuppressWarnings("UnusedVariable") // written through TOUCHED
  private long touched;

  /** The next of the blocks lately read for the first time; belongs to {@link EvictionOrder}. */
  @Nullable Block nextRead;

  // Place in the eviction order, guarded by the cache's lock.
  @Nullable BlockList list;
  @Nullable Block previous;
  @Nullable Block next;
  long listedAt;

  /** Creates a block about to be loaded, with the pin of the load. */
  Block(MemoryBlockCache cache, CachedObject object, long index, int length, Slot slot) {
    this.cache = cache;
    this.object = object;
    this.index = index;
    this.length = length;
    this.slot = slot;
    this.segment = slot.readOnly(length);
    this.pins = 1;
  }

  CachedObject object() {
    return object;
  }

  long index() {
    return index;
  }

  int length() {
    return length;
  }

  Slot slot() {
    return slot;
  }

  State state() {
    return state;
  }

  @Override
  public MemorySegment segment() {
    return segment;
  }

  /** Pins it if it is filled and not claimed. */
  boolean pinIfFilled() {
    if (state != State.FILLED) {
      return false;
    }
    int before = (int) PINS.getAndAdd(this, 1);
    if (before < 0) {
      PINS.getAndAdd(this, -1);
      return false;
    }
    if (before == 0) {
      cache.pinned(this);
    }
    return true;
  }

  /** Pins a block that cannot be claimed: it is in its table and the cache's lock is held. */
  void pin() {
    if ((int) PINS.getAndAdd(this, 1) == 0) {
      cache.pinned(this);
    }
  }

  /** Unpins it. */
  @Override
  public void close() {
    int before = (int) PINS.getAndAdd(this, -1);
    if (before == 1) {
      cache.unpinned(this);
    } else if (before <= 0) {
      PINS.getAndAdd(this, 1);
      throw new IllegalStateException("block " + index + " of " + object.id() + " closed twice");
    }
  }

  boolean isPinned() {
    return pins > 0;
  }

  /** Claims it for freeing, if nobody has it pinned; true once. */
  boolean claim() {
    return PINS.compareAndSet(this, 0, CLAIMED);
  }

  /** Returns whether it is in no table any more, so that the last to unpin it frees it. */
  boolean isDropped() {
    return dropped;
  }

  void drop() {
    dropped = true;
  }

  /** Notes that it was handed out at {@code clock}; returns whether for the first time. */
  boolean touch(long clock) {
    if ((long) TOUCHED.getOpaque(this) != clock) {
      TOUCHED.setOpaque(this, clock);
    }
    return !read && READ.compareAndSet(this, false, true);
  }

  boolean isRead() {
    return read;
  }

  long touchedAt() {
    return (long) TOUCHED.getOpaque(this);
  }

  void fill() {
    state = State.FILLED;
  }

  void fail(StorageException why) {
    failure = why;
    state = State.FAILED;
  }

  /** Wakes whoever waits for the end of the load. */
  void announce() {
    synchronized (this) {
      notifyAll();
    }
  }

  /** Waits for the end of the load. */
  State await() throws InterruptedException {
    if (state == State.LOADING) {
      synchronized (this) {
        while (state == State.LOADING) {
          wait();
        }
      }
    }
    return state;
  }

  /** Returns why the load failed; null unless it did. */
  @Nullable StorageException failure() {
    return failure;
  }
}
