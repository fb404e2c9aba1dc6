// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.time.Duration;
import java.util.Objects;

/**
 * How a range reader connects and how long it waits.
 *
 * @param connectTimeout longest time to resolve a name and connect to one of its addresses
 * @param noProgressTimeout longest time in which less than {@link #PROGRESS_BYTES} of an answer
 *     come before the connection is given up
 * @param maxIdleConnections most connections kept open per endpoint while no request uses them
 * @param idleTimeout longest time a connection is kept without use
 * @param certificates whose certificates are trusted for https
 * @param userAgent value of the User-Agent header
 */
public record RangeReaderOptions(
    Duration connectTimeout,
    Duration noProgressTimeout,
    int maxIdleConnections,
    Duration idleTimeout,
    TrustedCertificates certificates,
    String userAgent) {
  /**
   * Bytes that count as progress. Fewer within the timeout are a stall: a server that drips ten
   * bytes a second would else hold a read for days.
   */
  public static final int PROGRESS_BYTES = 16 << 10;

  /** Connect in 5 s, progress in 15 s, 64 idle connections for 30 s, the system's certificates. */
  public static final RangeReaderOptions DEFAULTS =
      new RangeReaderOptions(
          Duration.ofSeconds(5),
          Duration.ofSeconds(15),
          64,
          Duration.ofSeconds(30),
          TrustedCertificates.system(),
          "sluice");

  public RangeReaderOptions {
    Objects.requireNonNull(certificates, "certificates");
    requirePositive(connectTimeout, "connect timeout");
    requirePositive(noProgressTimeout, "no-progress timeout");
    requirePositive(idleTimeout, "idle timeout");
    if (maxIdleConnections < 0) {
      throw new IllegalArgumentException("a negative number of idle connections");
    }
  }

  private static void requirePositive(Duration duration, String what) {
    if (duration.isZero() || duration.isNegative()) {
      throw new IllegalArgumentException("the " + what + " must be more than zero");
    }
  }

  /** Returns these options with other timeouts. */
  public RangeReaderOptions withTimeouts(Duration connect, Duration noProgress) {
    return new RangeReaderOptions(
        connect, noProgress, maxIdleConnections, idleTimeout, certificates, userAgent);
  }

  /** Returns these options with another number and life of idle connections. */
  public RangeReaderOptions withIdleConnections(int max, Duration timeout) {
    return new RangeReaderOptions(
        connectTimeout, noProgressTimeout, max, timeout, certificates, userAgent);
  }

  /** Returns these options with other trusted certificates. */
  public RangeReaderOptions withCertificates(TrustedCertificates trusted) {
    return new RangeReaderOptions(
        connectTimeout, noProgressTimeout, maxIdleConnections, idleTimeout, trusted, userAgent);
  }

  /** Returns these options with another User-Agent. */
  public RangeReaderOptions withUserAgent(String agent) {
    return new RangeReaderOptions(
        connectTimeout, noProgressTimeout, maxIdleConnections, idleTimeout, certificates, agent);
  }
}
