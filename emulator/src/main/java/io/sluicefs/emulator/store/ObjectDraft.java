// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import io.sluicefs.emulator.StoredObject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An object before it has a place: what {@link StoredObject} says of it but for bucket and time.
 */
public record ObjectDraft(
    String key,
    String etag,
    StoredObject.Type type,
    ObjectHeaders headers,
    Map<String, String> checksums,
    @Nullable String linkTarget,
    Content content) {

  /** An ordinary object. */
  public static ObjectDraft of(
      String key,
      String etag,
      ObjectHeaders headers,
      Map<String, String> checksums,
      Content content) {
    return new ObjectDraft(key, etag, StoredObject.Type.NORMAL, headers, checksums, null, content);
  }

  ObjectDraft withContent(Content other) {
    return new ObjectDraft(key, etag, type, headers, checksums, linkTarget, other);
  }

  StoredObject stored(String bucket, Content kept) {
    return new StoredObject(
        bucket,
        key,
        etag,
        Instant.now().truncatedTo(ChronoUnit.MILLIS),
        type,
        headers.http(),
        headers.metadata(),
        headers.tags(),
        checksums,
        linkTarget,
        kept);
  }
}
