// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedByInterruptException;
import java.security.cert.CertificateException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** The connections requests are exchanged over, kept and new, and what their failures mean. */
final class Connections implements AutoCloseable {
  private final RangeReaderOptions options;
  private final ConnectionPool pool;
  private final Watchdog watchdog;
  private final Connector connector;
  private final LongAdder opened = new LongAdder();

  Connections(RangeReaderOptions options) {
    this.options = options;
    pool = new ConnectionPool(options.maxIdleConnections(), options.idleTimeout());
    watchdog = new Watchdog(options.noProgressTimeout(), pool::sweep);
    watchdog.start();
    connector = new Connector(options, watchdog);
  }

  /** Returns how many were opened so far. */
  long opened() {
    return opened.sum();
  }

  /** Returns how many are idle. */
  int idle() {
    return pool.size();
  }

  /**
   * Runs an exchange, twice if the first was over a kept connection that turned out closed before
   * any byte of an answer and the request may be repeated.
   *
   * @param make makes the exchange over a connection
   * @return the exchange that ended well
   */
  <E extends Exchange> E exchange(Request request, Function<Connection, E> make)
      throws StorageException {
    // Before a good connection is spent on it: the first read of an interrupted thread closes it.
    if (isCancelled()) {
      throw cancelled(request, null);
    }
    Connection kept = pool.take(request.endpoint());
    if (kept != null) {
      E exchange = make.apply(kept);
      if (run(request, exchange, request.repeatable())) {
        return exchange;
      }
    }
    E exchange = make.apply(connect(request));
    run(request, exchange, false);
    return exchange;
  }

  private Connection connect(Request request) throws StorageException {
    try {
      Connection connection = connector.connect(request.endpoint());
      opened.increment();
      return connection;
    } catch (IOException e) {
      throw failure(request, e, null);
    }
  }

  /**
   * Runs an exchange and keeps its connection or closes it.
   *
   * @param mayRepeat whether a connection that turns out closed before any byte of an answer is no
   *     failure
   * @return false if it was that
   */
  private boolean run(Request request, Exchange exchange, boolean mayRepeat)
      throws StorageException {
    Connection connection = exchange.connection();
    connection.watch(options.noProgressTimeout());
    try {
      exchange.run(options.userAgent());
      return true;
    } catch (StorageException e) {
      throw e;
    } catch (IOException e) {
      if (mayRepeat && !exchange.isAnswered() && !connection.isStalled() && !isCancelled()) {
        return false;
      }
      throw failure(request, e, exchange);
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

  private StorageException cancelled(Request request, @Nullable IOException cause) {
    return new StorageException(
        Kind.CANCELLED,
        watchdog.isClosed()
            ? request.description() + ": the transport is closed"
            : request.description() + " was interrupted",
        cause);
  }

  private StorageException failure(Request request, IOException e, @Nullable Exchange exchange) {
    if (isCancelled() || e instanceof ClosedByInterruptException) {
      return cancelled(request, e);
    }
    String what = request.description();
    Endpoint endpoint = request.endpoint();
    String reference = exchange == null ? "" : exchange.reference();
    if (exchange != null && exchange.connection().isStalled()) {
      return new StorageException(
          Kind.TIMEOUT,
          "%s: no progress from %s in %d ms, %s%s"
              .formatted(
                  what,
                  endpoint,
                  exchange.connection().patience().toMillis(),
                  exchange.progress(),
                  reference),
          e);
    }
    if (e instanceof MalformedAnswerException) {
      return new StorageException(
          Kind.CORRUPT, "%s from %s: %s%s".formatted(what, endpoint, e.getMessage(), reference), e);
    }
    if (isUntrusted(e)) {
      return new StorageException(
          Kind.INVALID_REQUEST,
          "%s: the certificate of %s is not trusted (%s); add its authority, or check the endpoint"
              .formatted(what, endpoint, e.getMessage()),
          e);
    }
    if (TlsVersions.areTooOld(e)) {
      return new StorageException(
          Kind.INVALID_REQUEST,
          "%s: TLS with %s failed: %s".formatted(what, endpoint, TlsVersions.REQUIRED),
          e);
    }
    return new StorageException(
        e instanceof SocketTimeoutException ? Kind.TIMEOUT : Kind.UNREACHABLE,
        "%s: %s%s".formatted(what, unreachable(endpoint, e, exchange), reference),
        e);
  }

  private static String unreachable(Endpoint endpoint, IOException e, @Nullable Exchange exchange) {
    if (e instanceof UnknownHostException) {
      return "the host %s is unknown; check the endpoint".formatted(e.getMessage());
    }
    if (exchange == null) {
      return "cannot connect to %s: %s".formatted(endpoint, e.getMessage());
    }
    if (e instanceof SSLException) {
      return "TLS with %s failed: %s".formatted(endpoint, e.getMessage());
    }
    return "the connection to %s broke, %s: %s"
        .formatted(endpoint, exchange.progress(), e.getMessage());
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

  /** Closes every connection and cancels what is under way. Idempotent. */
  @Override
  public void close() {
    watchdog.close();
    pool.close();
  }
}
