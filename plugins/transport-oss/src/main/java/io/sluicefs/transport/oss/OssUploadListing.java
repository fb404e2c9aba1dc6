// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.HttpMethod;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.transport.PendingUpload;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.stream.XMLStreamException;
import org.jspecify.annotations.Nullable;

/** Uploads that were started and neither completed nor aborted. */
final class OssUploadListing {
  private static final int PAGE = 1000;

  private final String prefix;
  private final List<PendingUpload> uploads = new ArrayList<>();

  /** Where the page after one starts. */
  private record Marker(String key, String uploadId) {}

  private OssUploadListing(String prefix) {
    this.prefix = prefix;
  }

  /** Lists all uploads to keys that start with a prefix. */
  static List<PendingUpload> of(String prefix, String what, OssRequests requests)
      throws StorageException {
    OssUploadListing listing = new OssUploadListing(prefix);
    Marker marker = new Marker("", "");
    while (true) {
      Marker current = marker;
      OssRequest request =
          new OssRequest(what, HttpMethod.GET, null).withParameters(listing.parameters(current));
      Page page = requests.askDocument(request, in -> listing.read(current, in));
      Marker next = page.next();
      if (next == null) {
        return List.copyOf(listing.uploads);
      }
      marker = next;
    }
  }

  private record Page(@Nullable Marker next) {}

  private Map<String, String> parameters(Marker marker) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("uploads", "");
    parameters.put("encoding-type", "url");
    parameters.put("max-uploads", Integer.toString(PAGE));
    parameters.put("prefix", prefix);
    if (!marker.key().isEmpty()) {
      parameters.put("key-marker", marker.key());
      parameters.put("upload-id-marker", marker.uploadId());
    }
    return parameters;
  }

  private Page read(Marker current, InputStream in) throws XMLStreamException {
    boolean truncated = false;
    String nextKey = "";
    String nextId = "";
    try (XmlDocument document = new XmlDocument(in, "ListMultipartUploadsResult")) {
      while (document.nextChild()) {
        switch (document.name()) {
          case "IsTruncated" -> truncated = document.text().strip().equals("true");
          case "NextKeyMarker" -> nextKey = decoded(document.text());
          case "NextUploadIdMarker" -> nextId = document.text().strip();
          case "Upload" -> uploads.add(upload(document));
          default -> document.skip();
        }
      }
      document.end();
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new XMLStreamException(e.getMessage(), e);
    }
    if (!truncated) {
      return new Page(null);
    }
    Marker next = new Marker(nextKey, nextId);
    if (nextKey.isEmpty() || next.equals(current)) {
      throw new XMLStreamException("it is truncated and does not say where the next page starts");
    }
    return new Page(next);
  }

  private PendingUpload upload(XmlDocument document) throws XMLStreamException {
    String key = "";
    String uploadId = "";
    Instant started = null;
    while (document.nextChild()) {
      switch (document.name()) {
        case "Key" -> key = decoded(document.text());
        case "UploadId" -> uploadId = document.text().strip();
        case "Initiated" -> started = Instant.parse(document.text().strip());
        default -> document.skip();
      }
    }
    if (key.isEmpty() || uploadId.isEmpty() || started == null) {
      throw new XMLStreamException("an upload without key, id or time");
    }
    if (!key.startsWith(prefix)) {
      throw new XMLStreamException("it holds keys outside the prefix asked for");
    }
    return new PendingUpload(key, uploadId, started);
  }

  /** The request asks for encoded names; this answer does not always say that they are. */
  private static String decoded(String raw) {
    return URLDecoder.decode(raw, StandardCharsets.UTF_8);
  }
}
