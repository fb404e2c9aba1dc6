// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Connections no request uses at the moment. The one used last is taken first, so that a smaller
 * load lets the others grow old and go.
 */
final class ConnectionPool implements AutoCloseable {
  private final int maxIdle;
  private final long idleNanos;

  @GuardedBy("this")
  private final Map<Endpoint, Deque<Connection>> idle = new HashMap<>();

  @GuardedBy("this")
  private boolean closed;

  ConnectionPool(int maxIdle, Duration idleTimeout) {
    this.maxIdle = maxIdle;
    this.idleNanos = idleTimeout.toNanos();
  }

  /** Returns how many are idle. */
  synchronized int size() {
    int size = 0;
    for (Deque<Connection> connections : idle.values()) {
      size += connections.size();
    }
    return size;
  }

  /** Takes an idle connection that looks good, or returns null when there is none. */
  @Nullable Connection take(Endpoint endpoint) {
    for (Connection found = poll(endpoint); found != null; found = poll(endpoint)) {
      try {
        if (found.wire().isIdleAndOpen()) {
          return found;
        }
      } catch (IOException e) {
        // The server reset it: as closed as any other.
      }
      found.close();
    }
    return null;
  }

  private synchronized @Nullable Connection poll(Endpoint endpoint) {
    Deque<Connection> connections = idle.get(endpoint);
    return connections == null ? null : connections.pollFirst();
  }

  /** Keeps a connection for later, or closes it when there are enough. */
  void give(Connection connection) {
    connection.idleSince(System.nanoTime());
    if (!keep(connection)) {
      connection.close();
    }
  }

  private synchronized boolean keep(Connection connection) {
    if (closed) {
      return false;
    }
    Deque<Connection> connections =
        idle.computeIfAbsent(connection.endpoint(), endpoint -> new ArrayDeque<>());
    if (connections.size() >= maxIdle) {
      return false;
    }
    connections.addFirst(connection);
    return true;
  }

  /** Closes the connections that were idle for too long. */
  void sweep() {
    takeOld(System.nanoTime()).forEach(Connection::close);
  }

  private synchronized List<Connection> takeOld(long now) {
    List<Connection> old = List.of();
    for (Iterator<Deque<Connection>> i = idle.values().iterator(); i.hasNext(); ) {
      Deque<Connection> connections = i.next();
      Connection oldest = connections.peekLast();
      while (oldest != null && now - oldest.idleSince() > idleNanos) {
        if (old.isEmpty()) {
          old = new ArrayList<>();
        }
        old.add(connections.removeLast());
        oldest = connections.peekLast();
      }
      if (connections.isEmpty()) {
        i.remove();
      }
    }
    return old;
  }

  @Override
  public void close() {
    List<Connection> all = new ArrayList<>();
    synchronized (this) {
      closed = true;
      idle.values().forEach(all::addAll);
      idle.clear();
    }
    all.forEach(Connection::close);
  }
}
