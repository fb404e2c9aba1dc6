// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.internal.OSSConstants;
import com.aliyun.oss.internal.RequestParameters;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
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

/**
 * The second version of OSS's listing. The answer is read here and not by the SDK, which takes any
 * well-formed document for a listing, an error page of a proxy for an empty one.
 */
final class OssListing {
  private final ListRequest request;
  private final List<ObjectStat> objects = new ArrayList<>();
  private final List<String> prefixes = new ArrayList<>();
  private boolean urlEncoded;
  private @Nullable Boolean truncated;
  private @Nullable String nextToken;

  private OssListing(ListRequest request) {
    this.request = request;
  }

  /** Returns the parameters of a listing's query. */
  static Map<String, String> parameters(ListRequest request) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put(RequestParameters.LIST_TYPE, "2");
    parameters.put(RequestParameters.ENCODING_TYPE, OSSConstants.URL_ENCODING);
    parameters.put(RequestParameters.MAX_KEYS, Integer.toString(request.maxKeys()));
    parameters.put(RequestParameters.PREFIX, request.prefix());
    if (!request.delimiter().isEmpty()) {
      parameters.put(RequestParameters.DELIMITER, request.delimiter());
    }
    if (request.token() != null) {
      parameters.put(RequestParameters.SUBRESOURCE_CONTINUATION_TOKEN, request.token());
    }
    return parameters;
  }

  /**
   * Reads an answer.
   *
   * @throws XMLStreamException if it is not the listing that was asked for
   */
  static ListPage parse(ListRequest request, InputStream in) throws XMLStreamException {
    OssListing listing = new OssListing(request);
    try (XmlDocument document = new XmlDocument(in, "ListBucketResult")) {
      listing.read(document);
      document.end();
    } catch (IllegalArgumentException | DateTimeException e) {
      throw new XMLStreamException(e.getMessage(), e);
    }
    return listing.page();
  }

  private void read(XmlDocument document) throws XMLStreamException {
    List<RawObject> rawObjects = new ArrayList<>();
    List<String> rawPrefixes = new ArrayList<>();
    String rawToken = "";
    while (document.nextChild()) {
      switch (document.name()) {
        case "Contents" -> rawObjects.add(RawObject.read(document));
        case "CommonPrefixes" -> rawPrefixes.add(readPrefix(document));
        case "EncodingType" -> urlEncoded = document.text().equals(OSSConstants.URL_ENCODING);
        case "IsTruncated" -> truncated = readFlag(document.text());
        case "NextContinuationToken" -> rawToken = document.text();
        default -> document.skip();
      }
    }
    // The encoding may be told after what is encoded.
    for (RawObject raw : rawObjects) {
      objects.add(raw.stat(listed(raw.key)));
    }
    for (String raw : rawPrefixes) {
      prefixes.add(listed(raw));
    }
    if (!rawToken.isEmpty()) {
      nextToken = urlEncoded ? decodeToken(rawToken) : rawToken;
    }
  }

  private ListPage page() throws XMLStreamException {
    if (truncated == null) {
      throw new XMLStreamException("it does not say whether it is truncated");
    }
    if (!truncated) {
      return new ListPage(objects, prefixes, null);
    }
    if (nextToken == null) {
      throw new XMLStreamException("it is truncated and has no token for the next page");
    }
    if (nextToken.equals(request.token())) {
      throw new XMLStreamException("its token for the next page is the one of this page");
    }
    return new ListPage(objects, prefixes, nextToken);
  }

  private String listed(String raw) throws XMLStreamException {
    String name = urlEncoded ? URLDecoder.decode(raw, StandardCharsets.UTF_8) : raw;
    if (!name.startsWith(request.prefix())) {
      throw new XMLStreamException("it holds keys outside the prefix asked for");
    }
    return name;
  }

  /** Decodes what is percent-encoded and leaves the plus signs of a token that is not encoded. */
  private static String decodeToken(String raw) {
    return URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static boolean readFlag(String text) throws XMLStreamException {
    return switch (text.strip()) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new XMLStreamException("IsTruncated is neither true nor false");
    };
  }

  private static String readPrefix(XmlDocument document) throws XMLStreamException {
    String prefix = null;
    while (document.nextChild()) {
      if (document.name().equals("Prefix")) {
        prefix = document.text();
      } else {
        document.skip();
      }
    }
    if (prefix == null) {
      throw new XMLStreamException("a common prefix without its name");
    }
    return prefix;
  }

  private record RawObject(
      String key,
      String etag,
      long size,
      Instant lastModified,
      ObjectStat.Type type,
      String storageClass) {
    static RawObject read(XmlDocument document) throws XMLStreamException {
      String key = null;
      String etag = "";
      long size = -1;
      Instant lastModified = null;
      ObjectStat.Type type = ObjectStat.Type.DATA;
      String storageClass = "";
      while (document.nextChild()) {
        switch (document.name()) {
          case "Key" -> key = document.text();
          case "ETag" -> etag = OssObject.unquoted(document.text());
          case "Size" -> size = Long.parseLong(document.text().strip());
          case "LastModified" -> lastModified = Instant.parse(document.text().strip());
          case "StorageClass" -> storageClass = document.text().strip();
          case "Type" -> type = OssObject.type(document.text());
          default -> document.skip();
        }
      }
      if (key == null || key.isEmpty() || etag.isEmpty() || size < 0 || lastModified == null) {
        throw new XMLStreamException("an object without key, etag, size or time");
      }
      return new RawObject(key, etag, size, lastModified, type, storageClass);
    }

    ObjectStat stat(String decodedKey) {
      return new ObjectStat(
          new ObjectId(decodedKey, etag), size, lastModified, type, Map.of(), storageClass);
    }
  }
}
