// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection to an endpoint. One thread at a time exchanges requests and answers over it; the
 * {@link Watchdog} may close it from outside.
 */
final class Connection implements AutoCloseable {
  /** Most bytes of a request's or an answer's head. */
  static final int MAX_HEAD = 16 << 10;

  private static final long UNWATCHED = 0;
  private static final long STALLED = 1;

  private final Endpoint endpoint;
  private final SocketChannel channel;
  private final Consumer<Connection> onClose;

  /**
   * The time by {@link System#nanoTime} at which the connection counts as stalled, or one of the
   * two constants. Times avoid both.
   */
  private final AtomicLong deadline = new AtomicLong(UNWATCHED);

  private final ByteBuffer head = ByteBuffer.allocateDirect(MAX_HEAD);
  private final AnswerHead answer = new AnswerHead();
  private @Nullable Wire wire;
  private Duration patience = Duration.ZERO;
  private long sinceProgress;
  private long idleSince;

  Connection(Endpoint endpoint, SocketChannel channel, Consumer<Connection> onClose) {
    this.endpoint = endpoint;
    this.channel = channel;
    this.onClose = onClose;
  }

  Endpoint endpoint() {
    return endpoint;
  }

  SocketChannel channel() {
    return channel;
  }

  /** Makes the connected channel speak HTTP, or HTTP in TLS. */
  void open(TrustedCertificates certificates) throws IOException {
    wire =
        endpoint.tls()
            ? TlsWire.handshake(channel, endpoint, certificates)
            : new PlainWire(channel);
  }

  Wire wire() {
    if (wire == null) {
      throw new IllegalStateException("the connection to " + endpoint + " is not open yet");
    }
    return wire;
  }

  /**
   * Returns the buffer requests are written from and answers' heads arrive in. Between answers its
   * content means nothing.
   */
  ByteBuffer head() {
    return head;
  }

  AnswerHead answer() {
    return answer;
  }

  /** Watches for progress from now on, at least once every {@code longestPause}. */
  void watch(Duration longestPause) {
    patience = longestPause;
    postpone();
  }

  /** Returns the longest time without progress it was last watched for. */
  Duration patience() {
    return patience;
  }

  /** Notes that bytes arrived or were sent; enough of them postpone the deadline. */
  void progressed(long bytes) {
    sinceProgress += bytes;
    if (sinceProgress < RangeReaderOptions.PROGRESS_BYTES) {
      return;
    }
    postpone();
  }

  private void postpone() {
    sinceProgress = 0;
    long old = deadline.get();
    if (old != STALLED) {
      deadline.compareAndSet(old, nextDeadline());
    }
  }

  private long nextDeadline() {
    long time = System.nanoTime() + patience.toNanos();
    return time == UNWATCHED || time == STALLED ? time + 2 : time;
  }

  /** Ends watching. Returns whether the connection is still good. */
  boolean unwatch() {
    return deadline.getAndSet(UNWATCHED) != STALLED && channel.isOpen();
  }

  /** Closes the connection if it is watched and its deadline is before {@code now}. */
  void closeIfStalled(long now) {
    long time = deadline.get();
    if (time != UNWATCHED
        && time != STALLED
        && now - time > 0
        && deadline.compareAndSet(time, STALLED)) {
      close();
    }
  }

  /** Returns whether the watchdog closed it. */
  boolean isStalled() {
    return deadline.get() == STALLED;
  }

  void idleSince(long now) {
    idleSince = now;
  }

  long idleSince() {
    return idleSince;
  }

  /** Closes the socket. Thread-safe, idempotent. */
  @Override
  public void close() {
    onClose.accept(this);
    try {
      channel.close();
    } catch (IOException e) {
      // The descriptor is gone either way, and nothing was to be sent.
    }
  }
}
