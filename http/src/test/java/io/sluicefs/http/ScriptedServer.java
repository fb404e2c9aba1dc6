// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ServerSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * A server that sends exactly the bytes a test wants, mistakes included. Every connection plays the
 * next of the scripts; the last one is played again for all that follow.
 */
final class ScriptedServer implements AutoCloseable {
  /** What the server does with one connection. The socket closes when it returns. */
  @FunctionalInterface
  interface Script {
    void play(Peer client) throws IOException, InterruptedException;
  }

  /** The client as the server sees it. */
  record Peer(Socket socket, List<String> requests) {
    /** Waits for a request's head; returns it, or null if the client went away. */
    @Nullable String awaitRequest() throws IOException {
      InputStream in = socket.getInputStream();
      ByteArrayOutputStream head = new ByteArrayOutputStream();
      while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
        int b = in.read();
        if (b < 0) {
          return null;
        }
        head.write(b);
      }
      String request = head.toString(StandardCharsets.ISO_8859_1);
      requests.add(request);
      return request;
    }

    void send(String text) throws IOException {
      send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void send(byte[] bytes) throws IOException {
      OutputStream out = socket.getOutputStream();
      out.write(bytes);
      out.flush();
    }

    void send(byte[] bytes, int from, int to) throws IOException {
      OutputStream out = socket.getOutputStream();
      out.write(bytes, from, to - from);
      out.flush();
    }

    /** Waits until the client closes the connection. */
    void awaitEnd() throws IOException {
      try {
        while (socket.getInputStream().read() >= 0) {
          // A client that keeps talking is ignored.
        }
      } catch (IOException e) {
        // Reset: closed as well.
      }
    }
  }

  private final ServerSocket listener;
  private final Deque<Script> scripts;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final AtomicInteger accepted = new AtomicInteger();

  /** Every request's head, in order of arrival. */
  final List<String> requests = new CopyOnWriteArrayList<>();

  ScriptedServer(ServerSocketFactory sockets, Script... scripts) throws IOException {
    this.listener = sockets.createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.scripts = new ArrayDeque<>(List.of(scripts));
    Thread.ofVirtual().start(this::accept);
  }

  static ScriptedServer plain(Script... scripts) throws IOException {
    return new ScriptedServer(ServerSocketFactory.getDefault(), scripts);
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        sockets.add(socket);
        accepted.incrementAndGet();
        Script script = scripts.size() > 1 ? scripts.poll() : scripts.peek();
        Thread.ofVirtual().start(() -> play(script, socket));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void play(Script script, Socket socket) {
    try (socket) {
      script.play(new Peer(socket, requests));
    } catch (IOException | InterruptedException e) {
      // The client went away, as some tests make it.
    }
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Returns how many connections were accepted. */
  int accepted() {
    return accepted.get();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
