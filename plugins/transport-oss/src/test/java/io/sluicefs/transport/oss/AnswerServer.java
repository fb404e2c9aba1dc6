// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Answers requests over HTTP with whatever a test makes up; closes after each answer. */
final class AnswerServer implements AutoCloseable {
  /**
   * A request.
   *
   * @param headers by name in lower case
   */
  record Request(String method, String target, Map<String, String> headers) {}

  /** Makes up an answer, status line and all. */
  @FunctionalInterface
  interface Answers {
    /** Returns the bytes to send before the connection is closed. */
    String answer(Request request) throws InterruptedException;
  }

  private final ServerSocket listener;
  private final Answers answers;
  private final List<Request> requests = new CopyOnWriteArrayList<>();

  AnswerServer(Answers answers) {
    this.answers = answers;
    try {
      listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  /** Returns an answer with a body. */
  static String answer(int status, String headers, String body) {
    return "HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n%s"
        .formatted(status, body.getBytes(StandardCharsets.UTF_8).length, headers, body);
  }

  String url() {
    return "http://127.0.0.1:" + listener.getLocalPort();
  }

  List<Request> requests() {
    return requests;
  }

  private void accept() {
    while (true) {
      try {
        Socket socket = listener.accept();
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      String line = in.readLine();
      if (line == null) {
        return;
      }
      String[] words = line.split(" ", 3);
      Map<String, String> headers = new LinkedHashMap<>();
      for (String header = in.readLine();
          header != null && !header.isEmpty();
          header = in.readLine()) {
        int colon = header.indexOf(':');
        headers.put(
            header.substring(0, colon).toLowerCase(Locale.ROOT),
            header.substring(colon + 1).strip());
      }
      Request request = new Request(words[0], words[1], headers);
      requests.add(request);
      socket.getOutputStream().write(answers.answer(request).getBytes(StandardCharsets.UTF_8));
      socket.shutdownOutput();
      // A close with unread input would reset the connection under the answer.
      while (in.read() >= 0) {}
    } catch (IOException | InterruptedException e) {
      // The client went away, or the test is over.
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
