// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.integrity;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.ObjectId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/** The objects that are being read, and those that were compared. Thread-safe. */
final class WatchedObjects {
  /** Of objects that are read in part and left, the first are forgotten. */
  private static final int MOST_WATCHED = 256;

  private static final int MOST_VERIFIED = 16_384;

  @GuardedBy("this")
  private final Map<ObjectId, Future<@Nullable WatchedObject>> watched = new Latest<>(MOST_WATCHED);

  @GuardedBy("this")
  private final Map<ObjectId, Boolean> verified = new Latest<>(MOST_VERIFIED);

  /** Keeps the entries that were used last. */
  private static final class Latest<V> extends LinkedHashMap<ObjectId, V> {
    private static final long serialVersionUID = 1;
    private final int most;

    Latest(int most) {
      super(16, 0.75f, true);
      this.most = most;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<ObjectId, V> eldest) {
      return size() > most;
    }
  }

  /**
   * Returns what the store keeps of an object, or will have said it keeps.
   *
   * @param question asks the store, on a thread of its own; its answer may be null
   * @return null if the object was compared and is the store's
   */
  synchronized @Nullable Future<@Nullable WatchedObject> find(
      ObjectId id, Callable<@Nullable WatchedObject> question) {
    if (verified.get(id) != null) {
      return null;
    }
    return watched.computeIfAbsent(
        id,
        absent -> {
          FutureTask<@Nullable WatchedObject> task = new FutureTask<>(question);
          Thread.ofVirtual().name("sluice-checksum").start(task);
          return task;
        });
  }

  /** Waits for what the store says; null if it says nothing. */
  static @Nullable WatchedObject await(Future<@Nullable WatchedObject> asked) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return asked.get();
        } catch (InterruptedException e) {
          // The read sees it; the question has a time limit of its own.
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("the question for a checksum failed", e.getCause());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Notes that an object is the store's. */
  synchronized void verified(ObjectId id) {
    watched.remove(id);
    verified.put(id, true);
  }

  /** Begins anew with an object. */
  synchronized void forget(ObjectId id) {
    watched.remove(id);
  }
}
