// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Small requests to the services that hand out credentials; redirects are not followed. */
final class MetadataHttp {
  private static final int TIMEOUT_MILLIS = 5_000;
  private static final int MAX_ANSWER = 64 << 10;
  private static final Pattern CODE = Pattern.compile("\"Code\"\\s*:\\s*\"([A-Za-z0-9.]{1,80})\"");

  private MetadataHttp() {}

  /**
   * Sends a request.
   *
   * @param source who is asked, for errors
   * @param body sent as a form when not empty
   * @return the answer to a request that succeeded
   * @throws StorageException if there is no answer or it is of another status than 200
   */
  static String send(
      Object source, String method, URI uri, Map<String, String> headers, String body)
      throws StorageException {
    try {
      HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection(Proxy.NO_PROXY);
      connection.setRequestMethod(method);
      connection.setConnectTimeout(TIMEOUT_MILLIS);
      connection.setReadTimeout(TIMEOUT_MILLIS);
      connection.setInstanceFollowRedirects(false);
      connection.setUseCaches(false);
      headers.forEach(connection::setRequestProperty);
      try {
        if (!body.isEmpty()) {
          connection.setDoOutput(true);
          connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
        }
        int status = connection.getResponseCode();
        if (status != 200) {
          throw new StorageException(
              Kind.BAD_CREDENTIALS,
              "%s answered HTTP %d%s at %s".formatted(source, status, code(connection), uri));
        }
        try (InputStream in = connection.getInputStream()) {
          return new String(in.readNBytes(MAX_ANSWER), StandardCharsets.UTF_8);
        }
      } finally {
        connection.disconnect();
      }
    } catch (StorageException e) {
      throw e;
    } catch (IOException e) {
      throw new StorageException(
          Kind.BAD_CREDENTIALS, source + " cannot be reached at " + uri + ": " + e, e);
    }
  }

  /** Returns the service's word for an error, with a space before it; empty if there is none. */
  private static String code(HttpURLConnection connection) throws IOException {
    try (InputStream in = connection.getErrorStream()) {
      if (in == null) {
        return "";
      }
      String body = new String(in.readNBytes(MAX_ANSWER), StandardCharsets.UTF_8);
      Matcher code = CODE.matcher(body);
      return code.find() ? " " + code.group(1) : "";
    }
  }
}
