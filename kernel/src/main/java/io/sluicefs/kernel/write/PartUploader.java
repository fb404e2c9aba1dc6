// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.MultipartUpload;
import io.sluicefs.spi.transport.MultipartUpload.Part;
import io.sluicefs.spi.transport.ObjectStat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * One upload in parts: sends what it is given, several parts at once, and remembers what failed, so
 * that it can be sent again. Thread-safe.
 */
final class PartUploader implements AutoCloseable {
  /** Sends one part. */
  @FunctionalInterface
  private interface Sending {
    Part send() throws StorageException;
  }

  /** What is to be a part. Of several of one number only the last counts. */
  private static final class Attempt {
    private final int number;

    /** What is to be sent, of which this has a hold until it arrived; null for a copy. */
    private final @Nullable PartBuffer buffer;

    Attempt(int number, @Nullable PartBuffer buffer) {
      this.number = number;
      this.buffer = buffer;
    }

    void giveUp() {
      PartBuffer unsent = buffer;
      if (unsent != null) {
        unsent.discard();
      }
    }
  }

  private final MultipartUpload upload;
  private final WriteMemory memory;
  private final Semaphore requests;
  private final int most;

  /** All parts of the object, by number. */
  @GuardedBy("this")
  private final Map<Integer, Attempt> expected = new TreeMap<>();

  /** Those of them the store has. */
  @GuardedBy("this")
  private final Map<Integer, Part> arrived = new TreeMap<>();

  /** What is under way, with the thread that sends it; parts that do not count any more too. */
  @GuardedBy("this")
  private final Map<Attempt, Thread> running = new HashMap<>();

  @GuardedBy("this")
  private @Nullable StorageException failure;

  @GuardedBy("this")
  private boolean closed;

  /**
   * Takes ownership of an upload.
   *
   * @param requests of all uploads, a permit for each part under way
   * @param most parts of this upload under way
   */
  PartUploader(MultipartUpload upload, WriteMemory memory, Semaphore requests, int most) {
    this.upload = upload;
    this.memory = memory;
    this.requests = requests;
    this.most = most;
  }

  /**
   * Sends a buffer as a part, in place of one of that number if there was one, waiting while too
   * many are under way. Takes ownership of one hold of the buffer; what failed before is thrown.
   */
  void submit(int number, PartBuffer buffer) throws StorageException, InterruptedException {
    Attempt attempt = new Attempt(number, buffer);
    try {
      awaitTurn(number);
    } catch (StorageException | InterruptedException e) {
      buffer.keep();
      throw e;
    }
    start(attempt, () -> upload.uploadPart(number, buffer.body()));
  }

  /** Makes a part of a range of an object in the store, waiting while too many are under way. */
  void submitCopy(int number, ObjectId source, ByteRange range)
      throws StorageException, InterruptedException {
    awaitTurn(number);
    start(new Attempt(number, null), () -> upload.uploadPartCopy(number, source, range));
  }

  /** Waits for room, and until no other attempt could arrive at the store after this one. */
  private synchronized void awaitTurn(int number) throws StorageException, InterruptedException {
    while ((running.size() >= most || isRunning(number)) && failure == null) {
      wait();
    }
    throwFailure();
  }

  @GuardedBy("this")
  private boolean isRunning(int number) {
    return running.keySet().stream().anyMatch(attempt -> attempt.number == number);
  }

  @GuardedBy("this")
  private void throwFailure() throws StorageException {
    StorageException known = failure;
    if (known != null) {
      throw new StorageException(known.kind(), Objects.toString(known.getMessage()), known);
    }
  }

  private void start(Attempt attempt, Sending sending) {
    memory.begin();
    Thread thread =
        Thread.ofVirtual()
            .name("sluice-part-" + attempt.number)
            .unstarted(() -> run(attempt, sending));
    synchronized (this) {
      if (expected.get(attempt.number) != attempt) {
        forget(attempt.number);
        expected.put(attempt.number, attempt);
      }
      running.put(attempt, thread);
    }
    thread.start();
  }

  private void run(Attempt attempt, Sending sending) {
    Part part = null;
    StorageException problem = null;
    try {
      requests.acquire();
      try {
        part = sending.send();
      } finally {
        requests.release();
      }
    } catch (StorageException e) {
      problem = e;
    } catch (InterruptedException e) {
      problem = new StorageException(Kind.CANCELLED, "the upload was given up", e);
    } catch (RuntimeException e) {
      problem =
          new StorageException(Kind.INVALID_REQUEST, "part %d: %s".formatted(attempt.number, e), e);
    } finally {
      ended(attempt, part, problem);
      memory.end();
    }
  }

  private void ended(Attempt attempt, @Nullable Part part, @Nullable StorageException problem) {
    PartBuffer buffer = attempt.buffer;
    boolean counts;
    synchronized (this) {
      running.remove(attempt);
      counts = expected.get(attempt.number) == attempt;
      if (counts && part != null) {
        arrived.put(attempt.number, part);
      } else if (counts && failure == null) {
        failure = problem;
      }
      // What failed and counts keeps its hold, to be sent again.
      counts = counts && part == null && !closed;
      notifyAll();
    }
    if (buffer != null && !counts) {
      buffer.keep();
    }
  }

  /** Returns whether a part failed: what is written from now on would be for nothing. */
  synchronized boolean hasFailed() {
    return failure != null;
  }

  /**
   * Begins to make the object anew: waits for what is under way, forgets all parts but those of
   * some numbers, and sends those of them that failed once more.
   */
  void restart(Set<Integer> numbers) throws StorageException, InterruptedException {
    List<Attempt> again = new ArrayList<>();
    synchronized (this) {
      while (!running.isEmpty()) {
        wait();
      }
      failure = null;
      for (Attempt attempt : List.copyOf(expected.values())) {
        if (!numbers.contains(attempt.number)) {
          forget(attempt.number);
        } else if (!arrived.containsKey(attempt.number)) {
          again.add(attempt);
        }
      }
    }
    for (Attempt attempt : again) {
      PartBuffer buffer = Objects.requireNonNull(attempt.buffer);
      awaitTurn(attempt.number);
      start(attempt, () -> upload.uploadPart(attempt.number, buffer.body()));
    }
  }

  /** Waits until everything arrived. */
  synchronized void await() throws StorageException, InterruptedException {
    while (!running.isEmpty()) {
      wait();
    }
    throwFailure();
  }

  /** Forgets a part, which then is not in the object, even if it is still under way. */
  synchronized void forget(int number) {
    Attempt attempt = expected.remove(number);
    boolean there = arrived.remove(number) != null;
    if (attempt != null && !there && !running.containsKey(attempt)) {
      attempt.giveUp();
    }
  }

  /** Makes the object of all parts that arrived, once all have. */
  ObjectStat complete() throws StorageException, InterruptedException {
    await();
    List<Part> all;
    synchronized (this) {
      if (!arrived.keySet().equals(expected.keySet())) {
        throw new StorageException(
            Kind.INVALID_REQUEST,
            "%d of %d parts are not in the store"
                .formatted(expected.size() - arrived.size(), expected.size()));
      }
      all = List.copyOf(arrived.values());
    }
    return upload.complete(all);
  }

  /** Aborts the upload unless it was completed, and cancels what is under way. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      running.values().forEach(Thread::interrupt);
      List.copyOf(expected.keySet()).forEach(this::forget);
    }
    upload.close();
  }
}
