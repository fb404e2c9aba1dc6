// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.StoredObject;
import io.sluicefs.emulator.http.Address;
import io.sluicefs.emulator.http.Answer;
import io.sluicefs.emulator.http.Conditionals;
import io.sluicefs.emulator.http.RequestHead;
import io.sluicefs.emulator.http.RequestedRange;
import io.sluicefs.emulator.store.Catalog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** HEAD and GET of objects. */
final class S3Objects {
  private static final Map<String, String> OVERRIDES =
      Map.of(
          "response-content-type", "content-type",
          "response-content-language", "content-language",
          "response-expires", "expires",
          "response-cache-control", "cache-control",
          "response-content-disposition", "content-disposition",
          "response-content-encoding", "content-encoding");

  private final Catalog catalog;

  S3Objects(Catalog catalog) {
    this.catalog = catalog;
  }

  Answer read(RequestHead head, Address address) throws IOException {
    try {
      return readOnce(head, address);
    } catch (NoSuchFileException e) {
      // Replaced between finding it and opening its file: the second look finds the new one.
      return readOnce(head, address);
    }
  }

  private Answer readOnce(RequestHead head, Address address) throws IOException {
    StoredObject object = catalog.bucket(address.bucket()).require(address.key());
    checkConditions(head, object);
    long size = object.size();
    RequestedRange range = RequestedRange.parse(head.header("range"));
    if (range != null && range.length(size) == 0) {
      throw new StoreException(
          416,
          "InvalidRange",
          "The requested range is not satisfiable",
          Map.of("Content-Range", "bytes */" + size));
    }
    Answer.Builder answer = Answer.status(range == null ? 200 : 206);
    describe(head, object, range, answer);
    long offset = range == null ? 0 : range.offset(size);
    long length = range == null ? size : range.length(size);
    return head.method().equals("HEAD")
        ? answer.headOf(length)
        : answer.object(object.content().pieces(offset, length));
  }

  private static void checkConditions(RequestHead head, StoredObject object) {
    switch (Conditionals.of(head, "").verdict(object)) {
      case PROCEED -> {}
      case NOT_MODIFIED ->
          throw new StoreException(
              304,
              "NotModified",
              "Not Modified",
              Map.of(
                  "ETag", quoted(object.etag()),
                  "Last-Modified", Conditionals.httpDate(object.lastModified())));
      case FAILED ->
          throw new StoreException(
              412,
              "PreconditionFailed",
              "At least one of the pre-conditions you specified did not hold");
    }
  }

  private static void describe(
      RequestHead head,
      StoredObject object,
      @Nullable RequestedRange range,
      Answer.Builder answer) {
    answer.header("ETag", quoted(object.etag()));
    answer.header("Last-Modified", Conditionals.httpDate(object.lastModified()));
    answer.header("Accept-Ranges", "bytes");
    if (range != null) {
      answer.header("Content-Range", range.contentRange(object.size()));
    }
    Map<String, String> fields = new TreeMap<>(object.headers());
    fields.putIfAbsent("content-type", "binary/octet-stream");
    OVERRIDES.forEach(
        (parameter, field) -> {
          String value = head.parameter(parameter);
          if (value != null) {
            fields.put(field, value);
          }
        });
    fields.forEach((name, value) -> answer.header(name, wire(value)));
    object.metadata().forEach((name, value) -> answer.header("x-amz-meta-" + name, wire(value)));
    if (!object.tags().isEmpty()) {
      answer.header("x-amz-tagging-count", Integer.toString(object.tags().size()));
    }
    if (range == null && "ENABLED".equalsIgnoreCase(head.header("x-amz-checksum-mode"))) {
      answer.headers(S3Checksum.headers(object.checksums()));
    }
  }

  /** A text as a header carries it: one char a byte of its UTF-8. */
  static String wire(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  static String quoted(String etag) {
    return "\"" + etag + "\"";
  }
}
