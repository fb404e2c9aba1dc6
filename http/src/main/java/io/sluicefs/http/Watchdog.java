// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Closes connections that make no progress, because a read of a blocking socket has no timeout of
 * its own, and asks for idle ones to be swept. Knows every open connection. Its thread starts with
 * the first of them.
 */
final class Watchdog implements AutoCloseable {
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(5);

  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final long pauseNanos;
  private final Thread thread;
  private volatile boolean closed;

  /**
   * Creates a watchdog.
   *
   * @param timeout the shortest time it has to notice; it is late by an eighth of it at most
   * @param sweep what it runs at every round
   */
  Watchdog(Duration timeout, Runnable sweep) {
    pauseNanos =
        Math.clamp(timeout.toNanos() / 8, SHORTEST_PAUSE.toNanos(), LONGEST_PAUSE.toNanos());
    thread = Thread.ofPlatform().daemon().name("sluice-http-watchdog").unstarted(() -> run(sweep));
  }

  void start() {
    thread.start();
  }

  /** Watches over a connection until it is removed. Returns false if the watchdog is closed. */
  boolean add(Connection connection) {
    boolean wasEmpty = connections.isEmpty();
    connections.add(connection);
    if (closed) {
      connection.close();
      return false;
    }
    if (wasEmpty) {
      LockSupport.unpark(thread);
    }
    return true;
  }

  void remove(Connection connection) {
    connections.remove(connection);
  }

  boolean isClosed() {
    return closed;
  }

  private void run(Runnable sweep) {
    while (!closed) {
      if (connections.isEmpty()) {
        LockSupport.park(this);
      } else {
        LockSupport.parkNanos(this, pauseNanos);
      }
      long now = System.nanoTime();
      for (Connection connection : connections) {
        connection.closeIfStalled(now);
      }
      sweep.run();
    }
  }

  /** Ends the thread and closes every connection. */
  @Override
  public void close() {
    closed = true;
    connections.forEach(Connection::close);
    LockSupport.unpark(thread);
  }
}
