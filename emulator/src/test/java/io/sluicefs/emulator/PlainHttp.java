// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** Requests without any SDK. */
public final class PlainHttp {
  private PlainHttp() {}

  /**
   * An answer.
   *
   * @param body as UTF-8, that of an error too
   */
  public record Reply(int status, String body) {}

  public static Reply send(String method, URI address) throws IOException {
    return send(method, address, new byte[0]);
  }

  public static Reply send(String method, URI address, byte[] body) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
    connection.setRequestMethod(method);
    if (body.length > 0) {
      connection.setDoOutput(true);
      connection.getOutputStream().write(body);
    }
    int status = connection.getResponseCode();
    try (InputStream answer =
        status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
      return new Reply(
          status, answer == null ? "" : new String(answer.readAllBytes(), StandardCharsets.UTF_8));
    }
  }
}
