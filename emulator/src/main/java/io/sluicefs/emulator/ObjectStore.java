// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The objects both dialects serve, without HTTP: what a test sets up and compares with. Safe for
 * use by many threads. What happens here is not counted and not delayed. A missing bucket or key is
 * a {@link StoreException} of status 404.
 */
public interface ObjectStore {
  /** Makes a bucket; one that exists stays as it is. */
  void createBucket(String bucket);

  /** Names of all buckets, sorted. */
  List<String> buckets();

  /** Writes an object, replacing one of the same key. */
  default StoredObject put(String bucket, String key, byte[] content) throws IOException {
    return put(bucket, key, content, Map.of());
  }

  /**
   * Writes an object, replacing one of the same key.
   *
   * @param metadata user metadata, names without the prefix of a dialect
   */
  StoredObject put(String bucket, String key, byte[] content, Map<String, String> metadata)
      throws IOException;

  /**
   * Writes an object whose content is computed, of any size, at no cost. The same size and seed
   * give the same bytes and the same etag in every run.
   */
  default StoredObject putSynthetic(String bucket, String key, long size, long seed)
      throws IOException {
    return putSynthetic(bucket, key, new byte[0], size, seed);
  }

  /**
   * Writes an object that begins with given bytes, such as the header of a model file, and is
   * computed from there on.
   *
   * @param size of the whole object, the head included
   */
  StoredObject putSynthetic(String bucket, String key, byte[] head, long size, long seed)
      throws IOException;

  /** Deletes an object; a missing one is no error. */
  void delete(String bucket, String key) throws IOException;

  Optional<StoredObject> get(String bucket, String key);

  /** All keys of a bucket in the order of their UTF-8 bytes. */
  List<String> keys(String bucket);

  /** All bytes of an object of less than 2 GiB. */
  byte[] bytes(String bucket, String key) throws IOException;

  /** Length bytes of an object from offset on; they must exist. */
  byte[] bytes(String bucket, String key, long offset, int length) throws IOException;

  /** The bytes of the object as it is now, from the first; the caller closes the channel. */
  ReadableByteChannel channel(String bucket, String key);

  /**
   * SHA-256 of the object's bytes, lower-case hexadecimal; remembered for an object once computed.
   */
  String sha256(String bucket, String key) throws IOException;
}
