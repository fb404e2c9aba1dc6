// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.distribution;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server nobody is to send anything to. */
final class UnaskedServer implements AutoCloseable {
  private final ServerSocket socket;
  private final List<String> heard = new CopyOnWriteArrayList<>();

  private UnaskedServer(ServerSocket socket) {
    this.socket = socket;
  }

  static UnaskedServer start() throws IOException {
    UnaskedServer server =
        new UnaskedServer(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
    Thread.ofVirtual().start(server::listen);
    return server;
  }

  URI address() {
    return URI.create("http://127.0.0.1:" + socket.getLocalPort() + "/elsewhere");
  }

  /** Returns what was sent to it after all. */
  String heard() {
    return String.join("\n", heard);
  }

  private void listen() {
    while (!socket.isClosed()) {
      try (Socket connection = socket.accept()) {
        byte[] bytes = new byte[4096];
        int length = connection.getInputStream().read(bytes);
        heard.add(new String(bytes, 0, Math.max(length, 0), StandardCharsets.ISO_8859_1));
      } catch (IOException e) {
        if (!socket.isClosed()) {
          heard.add(e.toString());
        }
      }
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
