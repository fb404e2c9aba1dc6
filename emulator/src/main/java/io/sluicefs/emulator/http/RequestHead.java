// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request but for its body.
 *
 * @param method in upper case
 * @param rawPath as sent, percent-encoded, with its leading slash
 * @param query decoded, in the order sent; a parameter without "=" has an empty value
 * @param headers as sent; values are one char a byte
 */
public record RequestHead(
    String method, String rawPath, Map<String, String> query, HttpHeaders headers) {

  static RequestHead of(String method, String uri, HttpHeaders headers) {
    String target = uri;
    if (!uri.startsWith("/")) {
      int scheme = uri.indexOf("://");
      int slash = scheme < 0 ? -1 : uri.indexOf('/', scheme + 3);
      target = slash < 0 ? "/" : uri.substring(slash);
    }
    int mark = target.indexOf('?');
    String path = mark < 0 ? target : target.substring(0, mark);
    return new RequestHead(
        method, path, parse(mark < 0 ? "" : target.substring(mark + 1)), headers);
  }

  private static Map<String, String> parse(String query) {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (String parameter : query.split("&", -1)) {
      if (!parameter.isEmpty()) {
        int equals = parameter.indexOf('=');
        String name = equals < 0 ? parameter : parameter.substring(0, equals);
        String value = equals < 0 ? "" : parameter.substring(equals + 1);
        parameters.put(
            PercentCoding.decode(name.replace('+', ' ')),
            PercentCoding.decode(value.replace('+', ' ')));
      }
    }
    return parameters;
  }

  /** The same request with another value of a header; null leaves it out. */
  RequestHead with(String name, @Nullable String value) {
    HttpHeaders changed = headers.copy().remove(name);
    if (value != null) {
      changed.add(name, value);
    }
    return new RequestHead(method, rawPath, query, changed);
  }

  /** First value of a header, its bytes read as UTF-8; null when absent. */
  public @Nullable String header(String name) {
    String value = headers.get(name);
    return value == null ? null : text(value);
  }

  public String header(String name, String otherwise) {
    String value = header(name);
    return value == null ? otherwise : value;
  }

  /** A header value as it was meant: its bytes read as UTF-8. */
  public static String text(String value) {
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) > 127) {
        return new String(value.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
      }
    }
    return value;
  }

  public boolean has(String parameter) {
    return query.containsKey(parameter);
  }

  public @Nullable String parameter(String name) {
    return query.get(name);
  }

  public String parameter(String name, String otherwise) {
    return query.getOrDefault(name, otherwise);
  }

  /** The declared length of the body; -1 when none is declared. */
  public long contentLength() {
    String value = headers.get("content-length");
    return value == null ? -1 : Long.parseLong(value);
  }
}
