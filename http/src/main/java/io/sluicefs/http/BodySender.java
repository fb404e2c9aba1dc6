// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.time.Duration;

/**
 * Sends bodies over HTTP/1.1 straight from the memory they are in, over the connections of a {@link
 * RangeReader} and until that is closed. Thread-safe; any number of sends at once, each blocking
 * its thread, preferably a virtual one.
 */
public final class BodySender {
  private final Connections connections;
  private final Duration answerTimeout;

  BodySender(Connections connections, Duration answerTimeout) {
    if (answerTimeout.isZero() || answerTimeout.isNegative()) {
      throw new IllegalArgumentException("the answer timeout must be more than zero");
    }
    this.connections = connections;
    this.answerTimeout = answerTimeout;
  }

  /**
   * Sends one body and waits for the answer. The request is sent once, apart from one silent repeat
   * of one that is repeatable when a kept connection turns out closed before any byte of an answer.
   *
   * @param errors says what an answer outside of 200 to 299 means
   * @return the answer; whether its body reports an error is the caller's to see
   * @throws StorageException what {@code errors} returned, or {@link Kind#TIMEOUT} without a
   *     connection, progress or answer in time, {@link Kind#UNREACHABLE} without a connection or
   *     when it breaks, {@link Kind#CORRUPT} for an answer that is no HTTP, {@link
   *     Kind#INVALID_REQUEST} for a certificate that is not trusted, {@link Kind#CANCELLED} when
   *     the thread is interrupted or the reader closed. But for what {@code errors} returned, the
   *     store may have taken the body all the same.
   */
  public Receipt send(BodyRequest request, ErrorAnswers errors) throws StorageException {
    return connections
        .exchange(
            request, connection -> new BodyExchange(request, errors, answerTimeout, connection))
        .receipt();
  }
}
