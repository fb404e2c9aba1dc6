// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.kernel.namespace.LocalContent;
import io.sluicefs.kernel.staging.StagedFile;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.fuse.ReadReply;
import io.sluicefs.spi.transport.ObjectStat;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A file while it is open for writing: all its handles share it. Thread-safe; one change at a time,
 * and none while it is being published.
 *
 * <p>What is written in order, at the end, is streamed to the store; everything else goes to a
 * staging file that lies over what was streamed and over the object the file began with. Nothing is
 * visible under the key before {@link #publish}.
 */
public final class WrittenFile implements LocalContent, AutoCloseable {
  private final FileWriters writers;
  private final ReentrantLock lock = new ReentrantLock();
  private final Draft draft;

  /** Objects under names it had before, deleted when it is published. */
  @GuardedBy("lock")
  private final List<String> formerKeys = new ArrayList<>();

  private volatile boolean dirty;
  private volatile boolean dropped;

  /** Whether it is being found out if its name goes to another file, or to none. */
  @GuardedBy("lock")
  private boolean heldBack;

  /** Signalled when that is known. */
  private final Condition decided = lock.newCondition();

  private volatile boolean givenUp;

  /** Whether the store has an object under its key: its own, or one it replaces. */
  private volatile boolean occupied;

  private final AtomicInteger handles = new AtomicInteger(1);
  private volatile long modifiedMillis;

  /**
   * Creates the content of a file.
   *
   * @param key where it is published
   * @param base the object it begins with; null for a new file
   * @param createOnly whether publishing must not replace an object
   */
  WrittenFile(
      FileWriters writers,
      String key,
      @Nullable StoredObject base,
      boolean createOnly,
      long modifiedMillis) {
    this.writers = writers;
    this.draft = new Draft(writers, key, base, createOnly, this::changing);
    this.dirty = base == null;
    this.occupied = base != null;
    this.modifiedMillis = modifiedMillis;
  }

  /** Goes on with a file another process has left. */
  WrittenFile(FileWriters writers, WrittenState state, @Nullable StagedFile staged, int handles) {
    this.writers = writers;
    this.draft = new Draft(writers, state, staged, this::changing);
    this.formerKeys.addAll(state.formerKeys());
    this.dirty = state.dirty();
    this.dropped = state.dropped();
    this.occupied = state.occupied();
    this.handles.set(handles);
    this.modifiedMillis = state.modifiedMillis();
  }

  /**
   * Prepares to leave it to another process, and returns what that needs. Until it has gone on with
   * the file, or this has, nobody may change it. It stays usable.
   *
   * @param within how long to wait while it is being stored
   * @throws IOException if it cannot be left
   */
  public WrittenState leave(Duration within) throws IOException, InterruptedException {
    if (!lock.tryLock(within.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new IOException(draft.key() + " is still being stored");
    }
    try {
      draft.unstream();
      StagedFile staged = draft.staged();
      return new WrittenState(
          draft.key(),
          formerKeys,
          draft.isCreateOnly(),
          draft.base(),
          draft.isSettled(),
          draft.baseEnd(),
          draft.size(),
          staged == null ? "" : staged.id(),
          dirty,
          dropped,
          occupied,
          modifiedMillis);
    } finally {
      lock.unlock();
    }
  }

  private void changing() {
    dirty = true;
    modifiedMillis = writers.clock().millis();
  }

  @Override
  public long size() {
    return draft.size();
  }

  @Override
  public long modifiedMillis() {
    return modifiedMillis;
  }

  /** Returns whether it holds something that is not in the store under its key. */
  public boolean isDirty() {
    return dirty && !dropped;
  }

  /** Returns the key it is published under. */
  public String key() {
    return draft.key();
  }

  /** Sets what tells the user metadata it is stored with. */
  public void describe(Supplier<Map<String, String>> description) {
    draft.describe(description);
  }

  /** Counts one more handle. */
  public void addHandle() {
    handles.incrementAndGet();
  }

  /** Counts one handle less. */
  public void removeHandle() {
    handles.decrementAndGet();
  }

  /** Returns whether any handle is left. */
  public boolean hasHandles() {
    return handles.get() > 0;
  }

  /** Returns whether one handle is left. */
  public boolean isLastHandle() {
    return handles.get() == 1;
  }

  /** Notes that the store has an object under its key that publishing will replace. */
  public void markReplaces() {
    occupied = true;
  }

  /** Returns whether the store has an object under its key, be it one that this replaces. */
  public boolean isOccupied() {
    return occupied;
  }

  /** Writes all of {@code data}, or throws and has written none or some of it. */
  public void write(long offset, MemorySegment data) throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      draft.write(offset, data);
    } finally {
      lock.unlock();
    }
  }

  /** Cuts the file, or makes it longer by zeros. */
  public void truncate(long newSize) throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      if (newSize != draft.size()) {
        draft.truncate(newSize);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Fills {@code reply} from what is written here.
   *
   * @return false if all of the range is as in the object the file began with, which then is to be
   *     read instead
   */
  public boolean read(long offset, int length, ReadReply reply)
      throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      FileContent content = draft.content();
      ByteRange range = new ByteRange(offset, Math.min(content.size(), offset + length));
      if (!dirty || content.isClean(range)) {
        return false;
      }
      writers.reads().read(content, range, reply);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the object it began with, or was published as, last; null if there is none. */
  public @Nullable StoredObject base() {
    lock.lock();
    try {
      return draft.base();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Begins with all of another object, which the store copies when this is published.
   *
   * @return false if this is not an empty file
   */
  public boolean beginWith(StoredObject object) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      if (draft.size() != 0) {
        return false;
      }
      draft.beginWith(object);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Copies an object within the store. */
  @FunctionalInterface
  public interface Copier {
    /** Returns the copy. */
    ObjectStat copy(StoredObject source, String key) throws IOException;
  }

  /**
   * Gives it another key. The object it began with, if that is under its key, is copied; what is
   * not published follows under the new key. Parts that were sent under the former key are in its
   * {@link #formerKeys} until then.
   *
   * @return the copy, if there is one: the former object is the caller's to delete
   */
  public @Nullable ObjectStat rename(String newKey, Copier copier)
      throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      String former = draft.key();
      StoredObject object = draft.base();
      ObjectStat copy = null;
      if (object != null && object.id().key().equals(former)) {
        copy = copier.copy(object, newKey);
        occupied = false;
      }
      boolean isSent = draft.rekey(newKey, copy == null ? null : StoredObject.of(copy));
      if (occupied || isSent) {
        formerKeys.add(former);
      }
      occupied = formerKeys.remove(newKey) || copy != null;
      return copy;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Gives a former key to another file, which will replace the object there.
   *
   * @return false if parts were sent under it, which only this file can complete, or if its object
   *     is just being deleted
   */
  public boolean giveUpFormer(String former) {
    lock.lock();
    try {
      return !draft.hasSentTo(former) && formerKeys.remove(former);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns the keys in the store that are this file's as long as it is not published, beside its
   * own: nobody else may use them.
   */
  public List<String> formerKeys() {
    lock.lock();
    try {
      return List.copyOf(formerKeys);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes the store have it all under its key; does nothing if it does.
   *
   * @param published told of the object, before anybody else can change the file
   * @return former keys of the file, whose objects the caller is to delete
   */
  public List<String> publish(Consumer<ObjectStat> published)
      throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      while (heldBack) {
        decided.await();
      }
      if (!isDirty()) {
        return List.of();
      }
      draft.checkWhole();
      occupied |= draft.settle();
      if (draft.isStoredAsItIs()) {
        draft.close();
        dirty = false;
        return takeFormerKeys();
      }
      ObjectStat made = draft.publish();
      occupied = true;
      dirty = false;
      List<String> former = takeFormerKeys();
      published.accept(made);
      return former;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private List<String> takeFormerKeys() {
    List<String> former = List.copyOf(formerKeys);
    formerKeys.clear();
    return former;
  }

  /** Gives everything up: what was written stays readable until close. */
  public void drop() {
    dropped = true;
  }

  /**
   * Its name may go now: whoever wants it stored waits until {@link #decide} says whether it does.
   * Waits itself while it is being stored.
   */
  public void holdBack() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      heldBack = true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends {@link #holdBack}, if that was called.
   *
   * @param gone whether its name is gone, so that it is dropped
   */
  public void decide(boolean gone) {
    lock.lock();
    try {
      heldBack = false;
      dropped |= gone;
      decided.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Drops it because it cannot be stored: whoever opens its name next is to get another file. */
  public void giveUp() {
    givenUp = true;
    dropped = true;
  }

  /** Returns whether {@link #giveUp} was called. */
  public boolean isGivenUp() {
    return givenUp;
  }

  /** Returns whether it was dropped. */
  public boolean isDropped() {
    return dropped;
  }

  /**
   * Keeps the bytes that could not be published.
   *
   * @return where they are; null if they are lost
   */
  public @Nullable String abandon(String why) {
    lock.lock();
    try {
      return draft.abandon(why);
    } catch (IOException e) {
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** Frees everything; what is not published is given up. Idempotent. */
  @Override
  public void close() {
    lock.lock();
    try {
      draft.close();
    } finally {
      lock.unlock();
    }
  }
}
