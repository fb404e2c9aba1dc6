// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Arrays;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Numbers things and finds them again: a number leads to its thing in one array access, without a
 * lock, and is never given twice. The low half of a number is a slot, the high half counts how
 * often the slot was used before.
 *
 * @param <T> what is numbered
 */
public final class SlotTable<T extends SlotTable.Numbered> {
  /** Something with a number of this table. */
  public interface Numbered {
    /** Returns the number it was added under. */
    long number();
  }

  private static final int CHUNK_BITS = 12;
  private static final int CHUNK = 1 << CHUNK_BITS;

  private final int capacity;
  private volatile AtomicReferenceArray<AtomicReferenceArray<T>> chunks;

  @GuardedBy("this")
  private int[] uses = new int[16];

  @GuardedBy("this")
  private int[] free = new int[16];

  @GuardedBy("this")
  private int freeCount;

  /** The next slot never used; slot 0 stays empty, so that no number is 0. */
  @GuardedBy("this")
  private int next = 1;

  /** Creates a table of at most {@code capacity} things. */
  public SlotTable(int capacity) {
    this.capacity = capacity;
    this.chunks = new AtomicReferenceArray<>(16);
  }

  /** Returns the thing a number was given to, or null if it is gone. */
  public @Nullable T get(long number) {
    int slot = (int) number;
    AtomicReferenceArray<AtomicReferenceArray<T>> current = chunks;
    int index = slot >>> CHUNK_BITS;
    if (slot < 0 || index >= current.length()) {
      return null;
    }
    AtomicReferenceArray<T> chunk = current.get(index);
    T found = chunk == null ? null : chunk.get(slot & (CHUNK - 1));
    return found != null && found.number() == number ? found : null;
  }

  /** Makes a thing with a fresh number and keeps it; null if the table is full. */
  public synchronized @Nullable T add(LongFunction<T> make) {
    boolean reuse = freeCount > 0;
    int slot = reuse ? free[freeCount - 1] : next;
    if (!reuse && slot > capacity) {
      return null;
    }
    if (slot >= uses.length) {
      uses = Arrays.copyOf(uses, uses.length * 2);
    }
    T made = make.apply((long) uses[slot] << 32 | slot);
    chunk(slot >>> CHUNK_BITS).set(slot & (CHUNK - 1), made);
    if (reuse) {
      freeCount--;
    } else {
      next++;
    }
    return made;
  }

  /** Gives a number up; false if it was given up before. */
  public synchronized boolean remove(T thing) {
    if (get(thing.number()) == null) {
      return false;
    }
    int slot = (int) thing.number();
    chunk(slot >>> CHUNK_BITS).set(slot & (CHUNK - 1), null);
    uses[slot] = (uses[slot] + 1) & Integer.MAX_VALUE;
    if (freeCount == free.length) {
      free = Arrays.copyOf(free, free.length * 2);
    }
    free[freeCount++] = slot;
    return true;
  }

  /** Returns how often each slot was used before, for {@link #restore}. */
  public synchronized int[] uses() {
    return Arrays.copyOf(uses, next);
  }

  /**
   * Makes this the table another one was: things keep their numbers, and none is given again.
   *
   * @param former what {@link #uses} said there
   * @param things what was in it, but for what is in this one already
   * @throws IllegalArgumentException if that was no such table, or larger than this may be
   */
  public synchronized void restore(int[] former, Collection<? extends T> things) {
    if (former.length < next || former.length - 1 > capacity) {
      throw new IllegalArgumentException(
          (former.length - 1) + " numbers were given; there is room for " + capacity);
    }
    uses = Arrays.copyOf(former, Math.max(former.length, 16));
    next = former.length;
    for (T thing : things) {
      int slot = (int) thing.number();
      if (slot < 1 || slot >= next || uses[slot] != (int) (thing.number() >>> 32)) {
        throw new IllegalArgumentException("number " + thing.number() + " was never given");
      }
      chunk(slot >>> CHUNK_BITS).set(slot & (CHUNK - 1), thing);
    }
    free = new int[next];
    freeCount = 0;
    for (int slot = next - 1; slot > 0; slot--) {
      if (chunk(slot >>> CHUNK_BITS).get(slot & (CHUNK - 1)) == null) {
        free[freeCount++] = slot;
      }
    }
  }

  /** Returns how many things have numbers. */
  public synchronized int size() {
    return next - 1 - freeCount;
  }

  /** Passes every thing that is in the table throughout the call to {@code visitor}. */
  public void forEach(Consumer<T> visitor) {
    AtomicReferenceArray<AtomicReferenceArray<T>> current = chunks;
    for (int i = 0; i < current.length(); i++) {
      AtomicReferenceArray<T> chunk = current.get(i);
      for (int j = 0; chunk != null && j < CHUNK; j++) {
        T thing = chunk.get(j);
        if (thing != null) {
          visitor.accept(thing);
        }
      }
    }
  }

  @GuardedBy("this")
  private AtomicReferenceArray<T> chunk(int index) {
    AtomicReferenceArray<AtomicReferenceArray<T>> current = chunks;
    if (index >= current.length()) {
      AtomicReferenceArray<AtomicReferenceArray<T>> grown =
          new AtomicReferenceArray<>(current.length() * 2);
      for (int i = 0; i < current.length(); i++) {
        grown.set(i, current.get(i));
      }
      chunks = grown;
      current = grown;
    }
    AtomicReferenceArray<T> chunk = current.get(index);
    if (chunk == null) {
      chunk = new AtomicReferenceArray<>(CHUNK);
      current.set(index, chunk);
    }
    return chunk;
  }
}
