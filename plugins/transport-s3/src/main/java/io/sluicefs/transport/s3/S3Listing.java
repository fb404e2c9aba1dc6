// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.Answer;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ListPage;
import io.sluicefs.spi.transport.ListRequest;
import io.sluicefs.spi.transport.ObjectStat;
import java.io.ByteArrayInputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/**
 * One page of a listing, and no belief in any that breaks the protocol. Source: ListObjectsV2 of
 * the Amazon S3 API Reference.
 */
final class S3Listing {
  private static final String ROOT = "ListBucketResult";
  private static final XMLInputFactory XML = XMLInputFactory.newDefaultFactory();

  static {
    XML.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    XML.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    XML.setProperty(XMLInputFactory.IS_NAMESPACE_AWARE, false);
    XML.setProperty(XMLInputFactory.IS_COALESCING, true);
  }

  private final String what;
  private final ListRequest request;
  private final String reference;
  private final Map<String, String> page = new HashMap<>();
  private final List<Map<String, String>> contents = new ArrayList<>();
  private final List<Map<String, String>> prefixes = new ArrayList<>();

  private S3Listing(String what, ListRequest request, String reference) {
    this.what = what;
    this.request = request;
    this.reference = reference;
  }

  /** Returns the parameters that ask for a page. */
  static Map<String, String> query(ListRequest request) {
    Map<String, String> query = new LinkedHashMap<>();
    query.put("list-type", "2");
    putUnlessEmpty(query, "prefix", request.prefix());
    putUnlessEmpty(query, "delimiter", request.delimiter());
    String token = request.token();
    if (token != null) {
      query.put("continuation-token", token);
    }
    query.put("max-keys", Integer.toString(request.maxKeys()));
    // XML cannot hold every character of a key.
    query.put("encoding-type", "url");
    return query;
  }

  private static void putUnlessEmpty(Map<String, String> query, String name, String value) {
    if (!value.isEmpty()) {
      query.put(name, value);
    }
  }

  /** Returns the page an answer holds. */
  static ListPage page(String what, ListRequest request, Answer answer) throws StorageException {
    S3Listing listing =
        new S3Listing(what, request, S3Error.reference(answer.header("x-amz-request-id")));
    try {
      XMLStreamReader reader = XML.createXMLStreamReader(new ByteArrayInputStream(answer.body()));
      try {
        listing.read(reader);
      } finally {
        reader.close();
      }
      return listing.page();
    } catch (XMLStreamException | RuntimeException e) {
      // Of any kind: the JDK's parser has no words for some of what it meets, and fails looking.
      throw listing.corrupt(oneLine(e), e);
    }
  }

  private void read(XMLStreamReader reader) throws XMLStreamException, StorageException {
    if (reader.nextTag() != XMLStreamConstants.START_ELEMENT
        || !reader.getLocalName().equals(ROOT)) {
      throw corrupt("it is no " + ROOT, null);
    }
    while (reader.nextTag() == XMLStreamConstants.START_ELEMENT) {
      switch (reader.getLocalName()) {
        case "Contents" -> contents.add(elements(reader));
        case "CommonPrefixes" -> prefixes.add(elements(reader));
        default -> readText(reader, page);
      }
    }
  }

  private static Map<String, String> elements(XMLStreamReader reader) throws XMLStreamException {
    Map<String, String> elements = new HashMap<>();
    while (reader.nextTag() == XMLStreamConstants.START_ELEMENT) {
      readText(reader, elements);
    }
    return elements;
  }

  /** Reads an element of text; one of other elements, such as an owner, counts as empty. */
  private static void readText(XMLStreamReader reader, Map<String, String> elements)
      throws XMLStreamException {
    String name = reader.getLocalName();
    StringBuilder text = new StringBuilder();
    for (int depth = 1; depth > 0; ) {
      switch (reader.next()) {
        case XMLStreamConstants.START_ELEMENT -> depth++;
        case XMLStreamConstants.END_ELEMENT -> depth--;
        case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA -> {
          if (depth == 1) {
            text.append(reader.getText());
          }
        }
        case XMLStreamConstants.END_DOCUMENT -> throw new XMLStreamException("it ends too early");
        case XMLStreamConstants.ENTITY_REFERENCE ->
            throw new XMLStreamException("it has an entity of its own");
        default -> {
          // Comments and the like say nothing.
        }
      }
    }
    elements.put(name, text.toString());
  }

  private ListPage page() throws StorageException {
    List<ObjectStat> objects = new ArrayList<>(contents.size());
    for (Map<String, String> entry : contents) {
      objects.add(stat(entry));
    }
    List<String> common = new ArrayList<>(prefixes.size());
    for (Map<String, String> entry : prefixes) {
      common.add(key(entry.get("Prefix")));
    }
    return new ListPage(objects, common, nextToken());
  }

  private ObjectStat stat(Map<String, String> entry) throws StorageException {
    String key = key(entry.get("Key"));
    String etag = ETags.unquoted(entry.getOrDefault("ETag", ""));
    String size = entry.get("Size");
    String lastModified = entry.get("LastModified");
    if (etag.isEmpty() || size == null || lastModified == null || size.startsWith("-")) {
      throw corrupt("an entry has no etag, size or time", null);
    }
    return new ObjectStat(
        new ObjectId(key, etag),
        Long.parseLong(size.strip()),
        Instant.parse(lastModified.strip()),
        ObjectStat.Type.DATA,
        Map.of(),
        entry.getOrDefault("StorageClass", ""));
  }

  private String key(@Nullable String text) throws StorageException {
    String key =
        text != null && "url".equals(page.get("EncodingType"))
            ? URLDecoder.decode(text, StandardCharsets.UTF_8)
            : text;
    if (key == null || key.isEmpty() || !key.startsWith(request.prefix())) {
      throw corrupt("an entry is not under the prefix asked for", null);
    }
    return key;
  }

  private @Nullable String nextToken() throws StorageException {
    // A page of HTML, or nothing at all, reads as an empty listing; only this tells them apart.
    String truncated = page.getOrDefault("IsTruncated", "").strip();
    if (truncated.equals("false")) {
      return null;
    }
    if (!truncated.equals("true")) {
      throw corrupt("it does not say whether it is the last page", null);
    }
    String token = page.getOrDefault("NextContinuationToken", "");
    if (token.isEmpty()) {
      throw corrupt("it is cut short without saying how to go on", null);
    }
    if (token.equals(request.token())) {
      throw corrupt("it leads to itself", null);
    }
    return token;
  }

  private StorageException corrupt(String problem, @Nullable Throwable cause) {
    return new StorageException(
        Kind.CORRUPT,
        "%s: the answer is no listing: %s%s".formatted(what, problem, reference),
        cause);
  }

  private static String oneLine(Throwable failure) {
    return S3Error.oneLine(String.valueOf(failure.getMessage()));
  }
}
