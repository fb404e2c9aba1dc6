// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A store that takes uploads in parts, keeps nothing, and says of the whole what it is told to. */
final class ScriptedS3 implements AutoCloseable {
  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private volatile String completion = "";

  ScriptedS3() throws IOException {
    Thread.ofVirtual().start(this::accept);
  }

  String endpoint() {
    return "http://127.0.0.1:" + listener.getLocalPort();
  }

  /** Completes uploads, and answers with some elements besides the etag. */
  void completeWith(String elements) {
    completion =
        answer(
            "200 OK",
            "",
            "<CompleteMultipartUploadResult><ETag>&quot;whole&quot;</ETag>"
                + elements
                + "</CompleteMultipartUploadResult>");
  }

  /** Knows of no upload any more. */
  void refuseToComplete() {
    completion = answer("404 Not Found", "", "<Error><Code>NoSuchUpload</Code></Error>");
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
      String request = in.readLine();
      int length = 0;
      for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
        if (line.regionMatches(true, 0, "content-length:", 0, 15)) {
          length = Integer.parseInt(line.substring(15).strip());
        }
      }
      for (int i = 0; i < length && in.read() >= 0; i++) {}
      if (request != null) {
        socket.getOutputStream().write(answerTo(request).getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      // The client went away, or the test is over.
    }
  }

  private String answerTo(String request) {
    if (request.startsWith("PUT")) {
      return answer("200 OK", "ETag: \"0123456789abcdef0123456789abcdef\"\r\n", "");
    }
    return request.contains("?uploads")
        ? answer(
            "200 OK",
            "",
            "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>")
        : completion;
  }

  private static String answer(String status, String headers, String body) {
    return "HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n%s"
        .formatted(status, body.length(), headers, body);
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
