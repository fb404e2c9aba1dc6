// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.StoredObject;
import io.sluicefs.emulator.http.Address;
import io.sluicefs.emulator.http.Answer;
import io.sluicefs.emulator.http.Conditionals;
import io.sluicefs.emulator.http.KeptHeaders;
import io.sluicefs.emulator.http.RequestHead;
import io.sluicefs.emulator.http.RequestedRange;
import io.sluicefs.emulator.store.Catalog;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** HEAD and GET of objects. */
final class S3Objects {
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
    KeptHeaders.answer(head, object, "binary/octet-stream", "x-amz-meta-", answer);
    if (!object.tags().isEmpty()) {
      answer.header("x-amz-tagging-count", Integer.toString(object.tags().size()));
    }
    if (range == null && "ENABLED".equalsIgnoreCase(head.header("x-amz-checksum-mode"))) {
      answer.headers(S3Checksum.headers(object.checksums()));
    }
  }

  static String quoted(String etag) {
    return "\"" + etag + "\"";
  }
}
