// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import io.sluicefs.spi.PluginMetrics;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ReadProgress;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Reads ranges of objects over HTTP/1.1 straight into direct memory. It keeps connections alive,
 * gives up stalled ones, and believes no answer it has not compared with what was asked.
 * Thread-safe; any number of reads at once, each blocking its thread, preferably a virtual one.
 */
public final class RangeReader implements AutoCloseable {
  private final Connections connections;

  /** Creates a reader; it connects when it is first used. */
  public RangeReader(RangeReaderOptions options) {
    connections = new Connections(options);
  }

  /**
   * Returns what sends bodies over this reader's connections.
   *
   * @param answerTimeout longest wait for the answer once a body is sent
   */
  public BodySender sender(Duration answerTimeout) {
    return new BodySender(connections, answerTimeout);
  }

  /**
   * Returns what sends requests without a body over this reader's connections.
   *
   * @param answerTimeout longest wait for progress of the answer
   * @param limit most bytes of an answer's body
   */
  public QuerySender queries(Duration answerTimeout, int limit) {
    return new QuerySender(connections, answerTimeout, null, limit);
  }

  /**
   * Returns what sends requests the store may need long for, over this reader's connections.
   *
   * @param pause longest wait for more of the answer, be it a byte
   * @param whole longest wait for all of it
   * @param limit most bytes of an answer's body
   */
  public QuerySender queries(Duration pause, Duration whole, int limit) {
    return new QuerySender(connections, pause, whole, limit);
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
    read(request, null, target, progress, errors);
  }

  /**
   * Reads one range and, if it is all of its object and the answer's head tells the object's
   * checksum, compares that with the bytes. Then none of them is announced before all are good.
   *
   * @param checksum what the head may tell; null to compare nothing
   * @throws StorageException as without a checksum; {@link Kind#CORRUPT} if it is another one
   */
  public void read(
      RangeRequest request,
      @Nullable ObjectChecksum checksum,
      ByteBuffer[] target,
      ReadProgress progress,
      ErrorAnswers errors)
      throws StorageException {
    TargetBuffers buffers = new TargetBuffers(target, request.range().length());
    connections.exchange(
        request,
        connection -> new RangeExchange(request, checksum, buffers, progress, errors, connection));
  }

  /** Shows an operator how many connections there are. */
  public void show(PluginMetrics metrics) {
    metrics.counter(
        "opened-connections", "Connections to the store that were opened.", connections::opened);
    metrics.gauge("idle-connections", "Connections kept for later requests.", connections::idle);
  }

  /** Closes every connection; what is under way fails with {@link Kind#CANCELLED}. Idempotent. */
  @Override
  public void close() {
    connections.close();
  }
}
