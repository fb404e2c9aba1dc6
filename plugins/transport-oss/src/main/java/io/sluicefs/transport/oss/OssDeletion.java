// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.HttpMethod;
import io.sluicefs.http.Answer;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.xml.stream.XMLStreamException;

/** The requests that delete objects. */
final class OssDeletion {
  /** Most keys of one request. */
  static final int MAX_KEYS = 1000;

  /** OSS takes documents up to 2 MiB; a character takes up to three bytes. */
  private static final int MAX_CHARACTERS = (2 << 20) / 4;

  private static final String START = "<Delete><Quiet>false</Quiet>";
  private static final String END = "</Delete>";

  private final OssEndpoint endpoint;
  private final OssRequests requests;

  OssDeletion(OssEndpoint endpoint, OssRequests requests) {
    this.endpoint = endpoint;
    this.requests = requests;
  }

  void delete(List<String> keys) throws StorageException {
    List<String> batch = new ArrayList<>();
    StringBuilder document = new StringBuilder(START);
    for (String key : keys) {
      if (!isSafeInXml(key)) {
        deleteOne(key);
        continue;
      }
      String entry = "<Object><Key>" + escaped(key) + "</Key></Object>";
      if (batch.size() == MAX_KEYS || document.length() + entry.length() > MAX_CHARACTERS) {
        deleteBatch(batch, document);
        batch.clear();
        document.setLength(START.length());
      }
      batch.add(key);
      document.append(entry);
    }
    deleteBatch(batch, document);
  }

  private void deleteBatch(List<String> keys, StringBuilder list) throws StorageException {
    if (keys.isEmpty()) {
      return;
    }
    if (keys.size() == 1) {
      deleteOne(keys.getFirst());
      return;
    }
    byte[] document = (list + END).getBytes(StandardCharsets.UTF_8);
    String what =
        "delete of %d objects from %s".formatted(keys.size(), endpoint.name(keys.getFirst()));
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("delete", "");
    parameters.put("encoding-type", "url");
    OssRequest request =
        new OssRequest(
            what,
            HttpMethod.POST,
            null,
            parameters,
            Map.of("Content-Type", "application/xml", ContentMd5.NAME, ContentMd5.of(document)));
    Answer answer = requests.post(request, document);
    Set<String> left = new HashSet<>(keys);
    left.removeAll(requests.document(request, answer, OssDeletion::deleted));
    if (!left.isEmpty()) {
      throw new StorageException(
          Kind.SERVER_ERROR,
          "%s: OSS left %d of them, %s among them"
              .formatted(what, left.size(), endpoint.name(left.iterator().next())));
    }
  }

  private void deleteOne(String key) throws StorageException {
    requests.ask(
        new OssRequest("delete of " + endpoint.name(key), HttpMethod.DELETE, key),
        (headers, body) -> headers);
  }

  private static Set<String> deleted(InputStream in) throws XMLStreamException {
    Set<String> raw = new HashSet<>();
    boolean encoded = false;
    try (XmlDocument document = new XmlDocument(in, "DeleteResult")) {
      while (document.nextChild()) {
        switch (document.name()) {
          case "EncodingType" -> encoded = document.text().strip().equals("url");
          case "Deleted" -> {
            while (document.nextChild()) {
              if (document.name().equals("Key")) {
                raw.add(document.text());
              } else {
                document.skip();
              }
            }
          }
          default -> document.skip();
        }
      }
      document.end();
    }
    if (!encoded) {
      return raw;
    }
    Set<String> keys = new HashSet<>();
    for (String key : raw) {
      try {
        keys.add(URLDecoder.decode(key, StandardCharsets.UTF_8));
      } catch (IllegalArgumentException e) {
        throw new XMLStreamException("a key that is not encoded as it says", e);
      }
    }
    return keys;
  }

  /** Returns whether XML carries a key unchanged, through parsers that strip texts too. */
  private static boolean isSafeInXml(String key) {
    return key.strip().equals(key)
        && key.codePoints()
            .allMatch(
                c ->
                    c >= ' '
                        && c != 0x7f
                        && (c < 0xd800 || c > 0xdfff)
                        && c != 0xfffe
                        && c != 0xffff);
  }

  private static String escaped(String key) {
    return key.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
