// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import io.sluicefs.http.Crc64;
import io.sluicefs.http.ObjectChecksum;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.io.InputStream;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import javax.xml.stream.XMLStreamException;
import org.jspecify.annotations.Nullable;

/** What OSS answers to writes. */
final class OssAnswers {
  private static final String CRC = "x-oss-hash-crc64ecma";

  /** What the answers to reads tell of the whole object. */
  static final ObjectChecksum OBJECT_CHECKSUM = new ObjectChecksum(CRC, Crc64.XZ);

  /** What a copy of an object, or of a range of one, made. */
  record Copied(String etag, Instant lastModified) {}

  private OssAnswers() {}

  /**
   * Returns the text of one child of a document's root.
   *
   * @throws XMLStreamException if the root has another name or no such child
   */
  static String child(InputStream in, String root, String name) throws XMLStreamException {
    String text = "";
    try (XmlDocument document = new XmlDocument(in, root)) {
      while (document.nextChild()) {
        if (document.name().equals(name)) {
          text = document.text();
        } else {
          document.skip();
        }
      }
      document.end();
    }
    if (text.isBlank()) {
      throw new XMLStreamException("<" + root + "> without <" + name + ">");
    }
    return text.strip();
  }

  /**
   * Returns what the answer to a copy says.
   *
   * @param root the name of its root
   * @throws XMLStreamException if it is not that
   */
  static Copied copied(InputStream in, String root) throws XMLStreamException {
    String etag = "";
    Instant lastModified = null;
    try (XmlDocument document = new XmlDocument(in, root)) {
      while (document.nextChild()) {
        switch (document.name()) {
          case "ETag" -> etag = OssObject.unquoted(document.text());
          case "LastModified" -> lastModified = Instant.parse(document.text().strip());
          default -> document.skip();
        }
      }
      document.end();
    } catch (DateTimeException e) {
      throw new XMLStreamException("LastModified is not a time", e);
    }
    if (etag.isEmpty() || lastModified == null) {
      throw new XMLStreamException("<" + root + "> without etag or time");
    }
    return new Copied(etag, lastModified);
  }

  /** Returns what OSS calls the request, for the end of an error. */
  static String reference(Map<String, String> headers) {
    String id = headers.getOrDefault("x-oss-request-id", "");
    return id.isEmpty() ? "" : " [request id " + id.replaceAll("\\p{Cc}", "?") + "]";
  }

  /** Returns the etag of an answer's head. */
  static String etag(String what, Map<String, String> headers) throws StorageException {
    String etag = OssObject.unquoted(headers.getOrDefault("etag", ""));
    if (etag.isEmpty()) {
      throw new StorageException(
          Kind.CORRUPT,
          what + ": the answer has no etag; is this an endpoint of OSS?" + reference(headers));
    }
    return etag;
  }

  /** Returns the store's time of an answer; null if it tells none. */
  static @Nullable Instant time(Map<String, String> headers) {
    try {
      return DateTimeFormatter.RFC_1123_DATE_TIME.parse(
          headers.getOrDefault("date", ""), Instant::from);
    } catch (DateTimeException e) {
      return null;
    }
  }

  /** Returns the CRC of an answer's head; null if it tells none. */
  static @Nullable Long crc(Map<String, String> headers) {
    try {
      return Long.parseUnsignedLong(headers.getOrDefault(CRC, ""));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /**
   * Compares what OSS has with what was sent.
   *
   * @param sent the CRC of what was sent; null if it is not known
   * @throws StorageException if they differ
   */
  static void checkCrc(String what, @Nullable Long sent, Map<String, String> headers)
      throws StorageException {
    Long stored = crc(headers);
    if (sent != null && stored != null && !sent.equals(stored)) {
      throw new StorageException(
          Kind.CORRUPT,
          "%s: OSS has other bytes than were sent: CRC-64 %s, not %s%s"
              .formatted(
                  what,
                  Long.toUnsignedString(stored),
                  Long.toUnsignedString(sent),
                  reference(headers)));
    }
  }
}
