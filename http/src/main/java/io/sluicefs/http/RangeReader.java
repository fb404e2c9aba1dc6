// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ReadProgress;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * Reads ranges of objects over HTTP/1.1 straight into direct memory. It keeps connections alive,
 * gives up stalled ones, and believes no answer it has not compared with what was asked.
 * Thread-safe; any number of reads at once, each blocking its thread, preferably a virtual one.
 */
public final class RangeReader implements AutoCloseable {
  private final RangeReaderOptions options;
  private final ConnectionPool pool;
  private final Watchdog watchdog;
  private final Connector connector;

  /** Creates a reader; it connects when it is first used. */
  public RangeReader(RangeReaderOptions options) {
    this.options = options;
    pool = new ConnectionPool(options.maxIdleConnections(), options.idleTimeout());
    watchdog = new Watchdog(options.noProgressTimeout(), pool::sweep);
    watchdog.start();
    connector = new Connector(options, watchdog);
  }

  /**
   * Reads one range, by the contract of {@link io.sluicefs.spi.transport.Transport#read}: in place,
   * in order, every byte announced to {@code progress} good. The request is sent once, apart from
   * one silent repeat when a kept connection turns out closed before any byte of an answer.
   *
   * @param target direct buffers with {@code request.range().length()} bytes remaining in all,
   *     filled from their positions, which the call moves
   * @param errors says what an answer other than the bytes asked for means
   * @throws StorageException what {@code errors} returned, or {@link Kind#TIMEOUT} without a
   *     connection or progress in time, {@link Kind#UNREACHABLE} without a connection or when it
   *     breaks, {@link Kind#CORRUPT} for an answer that is not what was asked for, {@link
   *     Kind#PRECONDITION_FAILED} for bytes of another version, {@link Kind#INVALID_REQUEST} for a
   *     certificate that is not trusted, {@link Kind#CANCELLED} when the thread is interrupted or
   *     the reader closed
   */
  public void read(
      RangeRequest request, ByteBuffer[] target, ReadProgress progress, ErrorAnswers errors)
      throws StorageException {
    TargetBuffers buffers = new TargetBuffers(target, request.range().length());
    // Before a good connection is spent on it: the first read of an interrupted thread closes it.
    if (isCancelled()) {
      throw cancelled(request, null);
    }
    Connection kept = pool.take(request.endpoint());
    if (kept != null && exchange(request, buffers, progress, errors, kept, true)) {
      return;
    }
    exchange(request, buffers, progress, errors, connect(request), false);
  }

  private Connection connect(RangeRequest request) throws StorageException {
    try {
      return connector.connect(request.endpoint());
    } catch (IOException e) {
      throw failure(request, e, null, 0);
    }
  }

  /**
   * Sends the request over {@code connection} and reads the answer.
   *
   * @return false if the connection was kept and turned out closed before any byte of an answer
   */
  private boolean exchange(
      RangeRequest request,
      TargetBuffers target,
      ReadProgress progress,
      ErrorAnswers errors,
      Connection connection,
      boolean kept)
      throws StorageException {
    Exchange exchange = new Exchange(request, target, progress, errors, connection);
    connection.watch();
    try {
      exchange.run(options.userAgent());
      return true;
    } catch (StorageException e) {
      throw e;
    } catch (IOException e) {
      if (kept && !exchange.isAnswered() && !connection.isStalled() && !isCancelled()) {
        return false;
      }
      throw failure(request, e, connection, target.filled());
    } finally {
      if (connection.unwatch() && exchange.isReusable()) {
        pool.give(connection);
      } else {
        connection.close();
      }
    }
  }

  private boolean isCancelled() {
    return watchdog.isClosed() || Thread.currentThread().isInterrupted();
  }

  private StorageException cancelled(RangeRequest request, @Nullable IOException cause) {
    return new StorageException(
        Kind.CANCELLED,
        watchdog.isClosed()
            ? request.description() + ": the transport is closed"
            : request.description() + " was interrupted",
        cause);
  }

  private StorageException failure(
      RangeRequest request, IOException e, @Nullable Connection connection, long filled) {
    if (isCancelled() || e instanceof ClosedByInterruptException) {
      return cancelled(request, e);
    }
    String what = request.description();
    Endpoint endpoint = request.endpoint();
    if (connection != null && connection.isStalled()) {
      return new StorageException(
          Kind.TIMEOUT,
          "%s: no progress from %s in %d ms, after %d of %d bytes"
              .formatted(
                  what,
                  endpoint,
                  options.noProgressTimeout().toMillis(),
                  filled,
                  request.range().length()),
          e);
    }
    if (e instanceof MalformedAnswerException) {
      return new StorageException(
          Kind.CORRUPT, "%s from %s: %s".formatted(what, endpoint, e.getMessage()), e);
    }
    if (isUntrusted(e)) {
      return new StorageException(
          Kind.INVALID_REQUEST,
          "%s: the certificate of %s is not trusted (%s); add its authority, or check the endpoint"
              .formatted(what, endpoint, e.getMessage()),
          e);
    }
    return new StorageException(
        e instanceof SocketTimeoutException ? Kind.TIMEOUT : Kind.UNREACHABLE,
        "%s: %s".formatted(what, unreachable(endpoint, e, connection, filled)),
        e);
  }

  private static String unreachable(
      Endpoint endpoint, IOException e, @Nullable Connection connection, long filled) {
    if (e instanceof UnknownHostException) {
      return "the host %s is unknown; check the endpoint".formatted(e.getMessage());
    }
    if (connection == null) {
      return "cannot connect to %s: %s".formatted(endpoint, e.getMessage());
    }
    if (e instanceof SSLException) {
      return "TLS with %s failed: %s".formatted(endpoint, e.getMessage());
    }
    return "the connection to %s broke after %d bytes: %s"
        .formatted(endpoint, filled, e.getMessage());
  }

  private static boolean isUntrusted(IOException e) {
    if (e instanceof SSLPeerUnverifiedException) {
      return true;
    }
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException) {
        return true;
      }
    }
    return false;
  }

  /** Closes every connection; reads under way fail with {@link Kind#CANCELLED}. Idempotent. */
  @Override
  public void close() {
    watchdog.close();
    pool.close();
  }
}
