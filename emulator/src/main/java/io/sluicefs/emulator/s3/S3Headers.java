// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.StoredObject;
import io.sluicefs.emulator.http.Conditionals;
import io.sluicefs.emulator.http.PercentCoding;
import io.sluicefs.emulator.http.RequestHead;
import io.sluicefs.emulator.store.ObjectHeaders;
import io.sluicefs.emulator.store.Precondition;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the headers of a write say about the object. */
final class S3Headers {
  private static final String METADATA = "x-amz-meta-";
  private static final List<String> KEPT =
      List.of(
          "content-type", "cache-control", "content-disposition", "content-language", "expires");

  private S3Headers() {}

  static ObjectHeaders of(RequestHead head) {
    Map<String, String> http = new HashMap<>();
    for (String name : KEPT) {
      String value = head.header(name);
      if (value != null) {
        http.put(name, value);
      }
    }
    // The coding of the transfer is not one of the object.
    String coding = head.header("content-encoding", "").replaceAll("aws-chunked *,? *", "").trim();
    if (!coding.isEmpty()) {
      http.put("content-encoding", coding);
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    head.headers()
        .forEach(
            field -> {
              if (field.getKey().toLowerCase(Locale.ROOT).startsWith(METADATA)) {
                metadata.put(
                    field.getKey().substring(METADATA.length()),
                    RequestHead.text(field.getValue()));
              }
            });
    return new ObjectHeaders(http, metadata, tags(head.header("x-amz-tagging", "")));
  }

  private static Map<String, String> tags(String header) {
    Map<String, String> tags = new LinkedHashMap<>();
    for (String tag : header.split("&", -1)) {
      int equals = tag.indexOf('=');
      if (!tag.isEmpty()) {
        String name = equals < 0 ? tag : tag.substring(0, equals);
        tags.put(decoded(name), equals < 0 ? "" : decoded(tag.substring(equals + 1)));
      }
    }
    return tags;
  }

  private static String decoded(String text) {
    return PercentCoding.decode(text.replace('+', ' '));
  }

  /** If-None-Match and If-Match of a write. */
  static Precondition precondition(RequestHead head) {
    String noneMatch = head.header("if-none-match");
    String match = head.header("if-match");
    return current -> {
      if (noneMatch != null && current != null && Conditionals.names(noneMatch, current.etag())) {
        throw failed();
      }
      if (match != null) {
        if (current == null) {
          throw new StoreException(404, "NoSuchKey", "The specified key does not exist.");
        }
        if (!Conditionals.names(match, current.etag())) {
          throw failed();
        }
      }
    };
  }

  /** Refuses a copy whose source is not as its client expects. */
  static void checkCopySource(RequestHead head, StoredObject source) {
    if (Conditionals.of(head, "x-amz-copy-source-").verdict(source)
        != Conditionals.Verdict.PROCEED) {
      throw failed();
    }
  }

  private static StoreException failed() {
    return new StoreException(
        412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
  }
}
