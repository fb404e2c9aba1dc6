// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.AccessKey;
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
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Runs the SDK's blocking requests so that they end when the caller is interrupted, when their time
 * is up and when the transport closes. Each has a virtual thread of its own, which the SDK knows
 * nothing of and which is interrupted.
 */
final class ControlRequests implements AutoCloseable {
  /** Of the store, about a clock: the SDK signs with the store's time from then on. */
  private static final Set<String> WRONG_TIME =
      Set.of("RequestTimeTooSkewed", "RequestInTheFuture");

  /** What the thread of a request asks for. */
  private static final ScopedValue<String> WHAT = ScopedValue.newInstance();

  private final S3Errors errors;
  private final S3Credentials credentials;
  private final Duration timeout;
  private final Set<Thread> running = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  ControlRequests(S3Errors errors, S3Credentials credentials, Duration timeout) {
    this.errors = errors;
    this.credentials = credentials;
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
   * Runs a request that has a time of its own, and once more if only the clock or the credentials
   * were out of date.
   *
   * @param ofBucket whether it asks for the bucket, not for an object
   * @param limit the longest wait for its answer
   */
  <T> T run(String what, boolean ofBucket, Duration limit, Callable<T> request)
      throws StorageException {
    AccessKey used = credentials.held();
    try {
      return runOnce(what, ofBucket, limit, request);
    } catch (StorageException e) {
      if (e.kind() != Kind.BAD_CREDENTIALS || !isRemedied(e.getCause(), used)) {
        throw e;
      }
      return runOnce(what, ofBucket, limit, request);
    }
  }

  /** Returns what the request of this thread asks for, for errors. */
  static String what() {
    return WHAT.orElse("request");
  }

  private boolean isRemedied(@Nullable Throwable refusal, @Nullable AccessKey used) {
    if (!(refusal instanceof S3Exception refused) || refused.awsErrorDetails() == null) {
      return false;
    }
    String code = String.valueOf(refused.awsErrorDetails().errorCode());
    return WRONG_TIME.contains(code)
        || (used != null && S3Credentials.mayBeRenewed(code) && credentials.renew(used));
  }

  private <T> T runOnce(String what, boolean ofBucket, Duration limit, Callable<T> request)
      throws StorageException {
    if (closed) {
      throw new StorageException(Kind.CANCELLED, what + ": the transport is closed");
    }
    FutureTask<T> task = new FutureTask<>(() -> ScopedValue.where(WHAT, what).call(request::call));
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
