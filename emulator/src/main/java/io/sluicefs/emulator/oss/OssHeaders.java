// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.oss;

import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.StoredObject;
import io.sluicefs.emulator.http.Answer;
import io.sluicefs.emulator.http.Conditionals;
import io.sluicefs.emulator.http.KeptHeaders;
import io.sluicefs.emulator.http.RequestHead;
import io.sluicefs.emulator.store.Content;
import io.sluicefs.emulator.store.ObjectHeaders;
import io.sluicefs.emulator.store.Precondition;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;

/** What the headers of OSS say of an object, both ways. */
final class OssHeaders {
  private OssHeaders() {}

  static ObjectHeaders of(RequestHead head) {
    return KeptHeaders.of(head, "x-oss-meta-", "x-oss-tagging");
  }

  /** An etag as OSS shows it. */
  static String etag(String etag) {
    return "\"" + etag.toUpperCase(Locale.ROOT) + "\"";
  }

  /** A CRC as OSS shows it. */
  static String crc(Content content) throws IOException {
    return Long.toUnsignedString(content.crc64());
  }

  /** The type of an object as OSS names it. */
  static String type(StoredObject object) {
    return switch (object.type()) {
      case NORMAL -> "Normal";
      case MULTIPART -> "Multipart";
      case APPENDABLE -> "Appendable";
      case SYMLINK -> "Symlink";
    };
  }

  /** What a write answers. */
  static Answer.Builder written(String etag, Content content) throws IOException {
    return Answer.status(200)
        .header("ETag", etag(etag))
        .header("x-oss-hash-crc64ecma", crc(content));
  }

  /** x-oss-forbid-overwrite of a write. */
  static Precondition precondition(RequestHead head) {
    boolean forbidden = "true".equalsIgnoreCase(head.header("x-oss-forbid-overwrite"));
    return current -> {
      if (forbidden && current != null) {
        throw new StoreException(
            409,
            "FileAlreadyExists",
            "The object you specified already exists and can not be overwritten.");
      }
    };
  }

  /** Refuses a read, or a copy whose source is not as its client expects. */
  static void check(Conditionals conditionals, StoredObject object) {
    switch (conditionals.verdict(object)) {
      case PROCEED -> {}
      case NOT_MODIFIED ->
          throw new StoreException(
              304,
              "NotModified",
              "Not Modified",
              Map.of(
                  "ETag", etag(object.etag()),
                  "Last-Modified", Conditionals.httpDate(object.lastModified())));
      case FAILED ->
          throw new StoreException(
              412,
              "PreconditionFailed",
              "At least one of the pre-conditions you specified did not hold.");
    }
  }
}
