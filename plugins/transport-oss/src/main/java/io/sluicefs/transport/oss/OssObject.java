// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.transport.ObjectStat;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Map;

/** What OSS says of an object in headers. */
final class OssObject {
  private OssObject() {}

  /**
   * Returns what the headers of an answer say.
   *
   * @param headers by name in lower case
   * @throws IllegalArgumentException if something is missing or makes no sense
   */
  static ObjectStat stat(String key, Map<String, String> headers) {
    Map<String, String> metadata = new HashMap<>();
    headers.forEach(
        (name, value) -> {
          if (name.startsWith(OssAttributes.METADATA_PREFIX)) {
            metadata.put(name.substring(OssAttributes.METADATA_PREFIX.length()), text(value));
          }
        });
    try {
      return new ObjectStat(
          new ObjectId(key, unquoted(required(headers, "etag"))),
          Long.parseLong(required(headers, "content-length")),
          DateTimeFormatter.RFC_1123_DATE_TIME.parse(
              required(headers, "last-modified"), Instant::from),
          type(headers.getOrDefault("x-oss-object-type", "")),
          metadata,
          headers.getOrDefault("x-oss-storage-class", ""),
          headers.getOrDefault("content-type", ""));
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("Last-Modified is not a time", e);
    }
  }

  /** Returns the kind of object OSS's word for it means. */
  static ObjectStat.Type type(String word) {
    return word.strip().equals("Symlink") ? ObjectStat.Type.SYMLINK : ObjectStat.Type.DATA;
  }

  /** Returns an etag without the quotes around it. */
  static String unquoted(String etag) {
    String text = etag.strip();
    return text.length() > 1 && text.startsWith("\"") && text.endsWith("\"")
        ? text.substring(1, text.length() - 1)
        : text;
  }

  /** A header's bytes are characters of Latin 1 to HTTP, and text in UTF-8 to OSS. */
  private static String text(String value) {
    return new String(value.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  private static String required(Map<String, String> headers, String name) {
    String value = headers.get(name);
    if (value == null) {
      throw new IllegalArgumentException("it has no " + name);
    }
    return value;
  }
}
