// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs the SDK's blocking requests so that they end when the caller is interrupted, when their time
 * is up and when the transport closes. Each has a virtual thread of its own, because only there an
 * interrupt closes the socket the JDK's HTTP client waits on.
 */
final class ControlRequests implements AutoCloseable {
  private final S3Errors errors;
  private final Duration timeout;
  private final Set<Thread> running = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  ControlRequests(S3Errors errors, Duration timeout) {
    this.errors = errors;
    this.timeout = timeout;
  }

  /**
   * Runs a request.
   *
   * @param ofBucket whether it asks for the bucket, not for an object
   */
  <T> T run(String what, boolean ofBucket, Callable<T> request) throws StorageException {
    return run(what, ofBucket, timeout, request);
  }

  /**
   * Runs a request that has a time of its own.
   *
   * @param ofBucket whether it asks for the bucket, not for an object
   * @param limit the longest wait for its answer
   */
  <T> T run(String what, boolean ofBucket, Duration limit, Callable<T> request)
      throws StorageException {
    if (closed) {
      throw new StorageException(Kind.CANCELLED, what + ": the transport is closed");
    }
    FutureTask<T> task = new FutureTask<>(request);
    Thread thread = Thread.ofVirtual().name("sluice-s3-control").unstarted(task);
    running.add(thread);
    try {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      thread.start();
      return task.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
      throw new StorageException(Kind.CANCELLED, what + " was interrupted", e);
    } catch (TimeoutException e) {
      thread.interrupt();
      throw new StorageException(
          Kind.TIMEOUT, "%s: no answer in %d ms".formatted(what, limit.toMillis()), e);
    } catch (ExecutionException e) {
      if (closed) {
        throw new StorageException(Kind.CANCELLED, what + ": the transport was closed", e);
      }
      throw errors.toException(what, ofBucket, e.getCause() == null ? e : e.getCause());
    } finally {
      running.remove(thread);
    }
  }

  @Override
  public void close() {
    closed = true;
    running.forEach(Thread::interrupt);
  }
}
