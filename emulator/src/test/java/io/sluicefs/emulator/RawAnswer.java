// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * What came over a connection in answer to one request, and how it ended.
 *
 * @param text head and body, one character a byte
 */
record RawAnswer(String text, Ending ending) {
  /** How the connection ended. */
  enum Ending {
    CLOSED,
    RESET,
    SILENT
  }

  private static final int PATIENCE_MILLIS = 30_000;

  /** After so long without a byte nothing more is expected. */
  private static final int SILENCE_MILLIS = 2_000;

  /** Sends a request that asks for the connection to be closed, and reads until nothing comes. */
  static RawAnswer to(String method, URI address, String... headers) throws IOException {
    return to(method, address, new byte[0], headers);
  }

  /** Gets what is not expected to come whole. */
  static RawAnswer untilSilent(URI address) throws IOException {
    return exchange("GET", address, new byte[0], SILENCE_MILLIS);
  }

  static RawAnswer to(String method, URI address, byte[] body, String... headers)
      throws IOException {
    return exchange(method, address, body, PATIENCE_MILLIS, headers);
  }

  private static RawAnswer exchange(
      String method, URI address, byte[] body, int patience, String... headers) throws IOException {
    StringBuilder head = new StringBuilder(method + " " + address.getRawPath());
    head.append(address.getRawQuery() == null ? "" : "?" + address.getRawQuery());
    head.append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    List.of(headers).forEach(header -> head.append(header).append("\r\n"));
    head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    try (Socket socket = new Socket(address.getHost(), address.getPort())) {
      socket.setSoTimeout(patience);
      socket.getOutputStream().write(head.toString().getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().write(body);
      InputStream in = socket.getInputStream();
      long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patience);
      for (int b = in.read(); b >= 0; b = in.read()) {
        read.write(b);
        if (System.nanoTime() - deadline > 0) {
          throw new SocketTimeoutException();
        }
      }
      return new RawAnswer(read.toString(StandardCharsets.ISO_8859_1), Ending.CLOSED);
    } catch (SocketTimeoutException e) {
      return new RawAnswer(read.toString(StandardCharsets.ISO_8859_1), Ending.SILENT);
    } catch (SocketException e) {
      return new RawAnswer(read.toString(StandardCharsets.ISO_8859_1), Ending.RESET);
    }
  }

  String head() {
    return text.substring(0, Math.max(0, text.indexOf("\r\n\r\n")));
  }

  String body() {
    int end = text.indexOf("\r\n\r\n");
    return end < 0 ? "" : text.substring(end + 4);
  }

  List<String> values(String header) {
    return head()
        .lines()
        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(header + ":"))
        .map(line -> line.substring(header.length() + 1).strip())
        .toList();
  }
}
