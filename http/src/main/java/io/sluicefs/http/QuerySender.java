// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests without a body or with a document over HTTP/1.1, over the connections of a {@link
 * RangeReader} and until that is closed. Thread-safe; any number at once, each blocking its thread,
 * preferably a virtual one.
 */
public final class QuerySender {
  private final Connections connections;
  private final Duration pause;
  private final @Nullable Duration whole;
  private final int limit;

  /**
   * Creates a sender.
   *
   * @param pause longest wait for progress of an answer
   * @param whole longest wait for all of it, where every byte is progress; null for any, where only
   *     many are
   */
  QuerySender(Connections connections, Duration pause, @Nullable Duration whole, int limit) {
    if (!pause.isPositive() || (whole != null && !whole.isPositive())) {
      throw new IllegalArgumentException("the answer timeout must be more than zero");
    }
    this.connections = connections;
    this.pause = pause;
    this.whole = whole;
    this.limit = limit;
  }

  /**
   * Sends one request and reads all of the answer. It is sent once, apart from one silent repeat of
   * one that is repeatable when a kept connection turns out closed before any byte of an answer.
   *
   * @param errors says what an answer outside of 200 to 299 means
   * @throws StorageException what {@code errors} returned, or {@link Kind#TIMEOUT} without a
   *     connection, progress or answer in time, {@link Kind#UNREACHABLE} without a connection or
   *     when it breaks, {@link Kind#CORRUPT} for an answer that is no HTTP or longer than agreed,
   *     {@link Kind#INVALID_REQUEST} for a certificate that is not trusted, {@link Kind#CANCELLED}
   *     when the thread is interrupted or the reader closed
   */
  public Answer send(QueryRequest request, ErrorAnswers errors) throws StorageException {
    return connections
        .exchange(
            request,
            connection -> new QueryExchange(request, errors, pause, whole, limit, connection))
        .answer();
  }
}
