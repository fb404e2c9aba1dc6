// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import io.sluicefs.emulator.StoredObject;
import io.sluicefs.emulator.store.ObjectHeaders;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The headers that are kept with an object and shown again, alike in both dialects but for a
 * prefix.
 */
public final class KeptHeaders {
  private static final List<String> KEPT =
      List.of(
          "content-type", "cache-control", "content-disposition", "content-language", "expires");
  private static final Map<String, String> OVERRIDES =
      Map.of(
          "response-content-type", "content-type",
          "response-content-language", "content-language",
          "response-expires", "expires",
          "response-cache-control", "cache-control",
          "response-content-disposition", "content-disposition",
          "response-content-encoding", "content-encoding");

  private KeptHeaders() {}

  /**
   * What a write wants kept.
   *
   * @param prefix of user metadata
   * @param tagging the header of tags
   */
  public static ObjectHeaders of(RequestHead head, String prefix, String tagging) {
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
              if (field.getKey().toLowerCase(Locale.ROOT).startsWith(prefix)) {
                metadata.put(
                    field.getKey().substring(prefix.length()), RequestHead.text(field.getValue()));
              }
            });
    return new ObjectHeaders(http, metadata, tags(head.header(tagging, "")));
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

  /**
   * Shows what is kept, as the parameters of the request change it.
   *
   * @param type the content type of an object that has none
   */
  public static void answer(
      RequestHead head, StoredObject object, String type, String prefix, Answer.Builder answer) {
    Map<String, String> fields = new TreeMap<>(object.headers());
    fields.putIfAbsent("content-type", type);
    OVERRIDES.forEach(
        (parameter, field) -> {
          String value = head.parameter(parameter);
          if (value != null) {
            fields.put(field, value);
          }
        });
    fields.forEach((name, value) -> answer.header(name, wire(value)));
    object.metadata().forEach((name, value) -> answer.header(prefix + name, wire(value)));
  }

  /** A text as a header carries it: one char a byte of its UTF-8. */
  public static String wire(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }
}
