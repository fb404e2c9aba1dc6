// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import io.sluicefs.emulator.store.Content;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One version of an object: its description and its bytes, both immutable.
 *
 * @param etag without quotes, lower case; the OSS dialect shows it in upper case
 * @param lastModified in whole milliseconds
 * @param headers the HTTP fields kept with the object such as Content-Type, names in lower case
 * @param metadata user metadata, names without the prefix of a dialect
 * @param tags object tags
 * @param checksums values of x-amz-checksum-*, by algorithm in lower case, base64; "name-N" values
 *     are composite
 * @param linkTarget the key a symbolic link of the OSS dialect points at
 * @param content the bytes
 */
public record StoredObject(
    String bucket,
    String key,
    String etag,
    Instant lastModified,
    Type type,
    Map<String, String> headers,
    Map<String, String> metadata,
    Map<String, String> tags,
    Map<String, String> checksums,
    @Nullable String linkTarget,
    Content content) {

  /** How an object came to be; the OSS dialect tells its clients. */
  public enum Type {
    NORMAL,
    MULTIPART,
    APPENDABLE,
    SYMLINK
  }

  public StoredObject {
    headers = Map.copyOf(headers);
    metadata = Map.copyOf(metadata);
    tags = Map.copyOf(tags);
    checksums = Map.copyOf(checksums);
  }

  /** The same object with other tags. */
  public StoredObject withTags(Map<String, String> changed) {
    return new StoredObject(
        bucket,
        key,
        etag,
        lastModified,
        type,
        headers,
        metadata,
        changed,
        checksums,
        linkTarget,
        content);
  }

  /** Bytes of the object. */
  public long size() {
    return content.size();
  }
}
