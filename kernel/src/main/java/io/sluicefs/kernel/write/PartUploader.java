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
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
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

  private final MultipartUpload upload;
  private final WriteMemory memory;
  private final Semaphore requests;
  private final int most;

  /** Numbers of all parts of the object. */
  @GuardedBy("this")
  private final Set<Integer> expected = new HashSet<>();

  @GuardedBy("this")
  private final Map<Integer, Part> parts = new TreeMap<>();

  /** What did not arrive, to be sent again. */
  @GuardedBy("this")
  private final Map<Integer, PartBuffer> failed = new HashMap<>();

  @GuardedBy("this")
  private @Nullable StorageException failure;

  @GuardedBy("this")
  private final Set<Thread> running = new HashSet<>();

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
    try {
      awaitTurn();
    } catch (StorageException | InterruptedException e) {
      buffer.keep();
      throw e;
    }
    start(
        number,
        () -> {
          try {
            return upload.uploadPart(number, buffer.body());
          } catch (StorageException e) {
            if (buffer.tryHold()) {
              keepFailed(number, buffer);
            }
            throw e;
          } finally {
            buffer.keep();
          }
        });
  }

  /** Makes a part of a range of an object in the store, waiting while too many are under way. */
  void submitCopy(int number, ObjectId source, ByteRange range)
      throws StorageException, InterruptedException {
    awaitTurn();
    start(number, () -> upload.uploadPartCopy(number, source, range));
  }

  private synchronized void awaitTurn() throws StorageException, InterruptedException {
    while (running.size() >= most && failure == null) {
      wait();
    }
    throwFailure();
  }

  @GuardedBy("this")
  private void throwFailure() throws StorageException {
    StorageException known = failure;
    if (known != null) {
      throw new StorageException(known.kind(), Objects.toString(known.getMessage()), known);
    }
  }

  private void start(int number, Sending sending) {
    memory.begin();
    Thread thread =
        Thread.ofVirtual().name("sluice-part-" + number).unstarted(() -> run(number, sending));
    synchronized (this) {
      expected.add(number);
      parts.remove(number);
      running.add(thread);
    }
    thread.start();
  }

  private void run(int number, Sending sending) {
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
      problem = new StorageException(Kind.INVALID_REQUEST, "part %d: %s".formatted(number, e), e);
    } finally {
      ended(number, part, problem);
      memory.end();
    }
  }

  private synchronized void ended(
      int number, @Nullable Part part, @Nullable StorageException problem) {
    running.remove(Thread.currentThread());
    if (part != null) {
      parts.put(number, part);
    } else if (failure == null) {
      failure = problem;
    }
    notifyAll();
  }

  private void keepFailed(int number, PartBuffer buffer) {
    synchronized (this) {
      if (!closed) {
        failed.put(number, buffer);
        return;
      }
    }
    buffer.discard();
  }

  /** Returns whether a part failed: what is written from now on would be for nothing. */
  synchronized boolean hasFailed() {
    return failure != null;
  }

  /** Sends what failed once more. */
  void sendFailedAgain() throws StorageException, InterruptedException {
    Map<Integer, PartBuffer> again;
    synchronized (this) {
      while (!running.isEmpty()) {
        wait();
      }
      if (failure == null) {
        return;
      }
      if (failed.isEmpty()) {
        throwFailure();
      }
      again = Map.copyOf(failed);
      failed.clear();
      failure = null;
    }
    for (Map.Entry<Integer, PartBuffer> part : again.entrySet()) {
      submit(part.getKey(), part.getValue());
    }
  }

  /** Waits until everything arrived. */
  synchronized void await() throws StorageException, InterruptedException {
    while (!running.isEmpty()) {
      wait();
    }
    throwFailure();
  }

  /** Forgets a part, which then is not in the object. */
  synchronized void forget(int number) {
    expected.remove(number);
    parts.remove(number);
    PartBuffer buffer = failed.remove(number);
    if (buffer != null) {
      buffer.discard();
    }
  }

  /** Makes the object of all parts that arrived, once all have. */
  ObjectStat complete() throws StorageException, InterruptedException {
    await();
    List<Part> all;
    synchronized (this) {
      if (!parts.keySet().equals(expected)) {
        throw new StorageException(
            Kind.INVALID_REQUEST,
            "%d of %d parts are not in the store"
                .formatted(expected.size() - parts.size(), expected.size()));
      }
      all = List.copyOf(parts.values());
    }
    return upload.complete(all);
  }

  /** Aborts the upload unless it was completed, and cancels what is under way. */
  @Override
  public void close() {
    Collection<PartBuffer> unsent;
    synchronized (this) {
      closed = true;
      running.forEach(Thread::interrupt);
      unsent = List.copyOf(failed.values());
      failed.clear();
    }
    unsent.forEach(PartBuffer::discard);
    upload.close();
  }
}
