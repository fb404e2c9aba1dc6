// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Opens connections: a lookup each, then every address until one answers. */
final class Connector {
  private static final Duration SHORTEST_TRY = Duration.ofSeconds(2);

  private final RangeReaderOptions options;
  private final Watchdog watchdog;
  private final Resolver resolver = new Resolver();

  Connector(RangeReaderOptions options, Watchdog watchdog) {
    this.options = options;
    this.watchdog = watchdog;
  }

  /** Opens a connection that is watched from its TLS handshake on. */
  Connection connect(Endpoint endpoint) throws IOException {
    long deadline = System.nanoTime() + options.connectTimeout().toNanos();
    List<InetAddress> addresses = resolver.resolve(endpoint.host(), options.connectTimeout());
    IOException failure = null;
    for (int i = 0; i < addresses.size(); i++) {
      long left = deadline - System.nanoTime();
      if (failure != null && (left <= 0 || isAbandoned())) {
        break;
      }
      long share = Math.min(left, Math.max(left / (addresses.size() - i), SHORTEST_TRY.toNanos()));
      Connection connection = register(endpoint);
      try {
        SocketChannel channel = connection.channel();
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        // The one blocking call of a channel with a timeout of its own.
        channel
            .socket()
            .connect(
                new InetSocketAddress(addresses.get(i), endpoint.port()),
                (int) Math.max(1, Duration.ofNanos(share).toMillis()));
      } catch (IOException e) {
        connection.close();
        failure = join(failure, e);
        continue;
      }
      return opened(connection);
    }
    throw failure == null ? new IOException("no address of " + endpoint.host()) : failure;
  }

  private boolean isAbandoned() {
    return watchdog.isClosed() || Thread.currentThread().isInterrupted();
  }

  private static IOException join(@Nullable IOException before, IOException now) {
    if (before != null) {
      now.addSuppressed(before);
    }
    return now;
  }

  private Connection register(Endpoint endpoint) throws IOException {
    SocketChannel channel = SocketChannel.open();
    Connection connection = new Connection(endpoint, channel, watchdog::remove);
    if (!watchdog.add(connection)) {
      throw new ClosedChannelException();
    }
    return connection;
  }

  private Connection opened(Connection connection) throws IOException {
    connection.watch(options.noProgressTimeout());
    boolean open = false;
    try {
      connection.open(options.certificates());
      open = true;
      return connection;
    } catch (IOException e) {
      if (connection.isStalled()) {
        SocketTimeoutException stalled = new SocketTimeoutException("the TLS handshake stalled");
        stalled.initCause(e);
        throw stalled;
      }
      throw e;
    } finally {
      if (!open) {
        connection.close();
      }
    }
  }
}
