// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.transport;

import io.sluicefs.spi.ObjectId;
import java.time.Instant;
import java.util.Map;

/**
 * What a store says of an object.
 *
 * @param id its key and version
 * @param size its size in bytes
 * @param lastModified when this version was stored
 * @param type whether it holds bytes or points to another object
 * @param metadata its user metadata, names in lower case without the store's prefix; empty in a
 *     listing
 * @param storageClass the store's own word for the class it is kept in, such as {@code STANDARD};
 *     empty if it was not told
 * @param contentType its MIME type; empty in a listing, or if it was not told
 */
public record ObjectStat(
    ObjectId id,
    long size,
    Instant lastModified,
    Type type,
    Map<String, String> metadata,
    String storageClass,
    String contentType) {
  /** What an object is. */
  public enum Type {
    /** It holds bytes. */
    DATA,
    /** It is a symbolic link; its size says nothing of what it points to. */
    SYMLINK
  }

  public ObjectStat {
    if (size < 0) {
      throw new IllegalArgumentException("negative size of " + id.key());
    }
    metadata = Map.copyOf(metadata);
  }

  /** Creates a stat whose content type was not told. */
  public ObjectStat(
      ObjectId id,
      long size,
      Instant lastModified,
      Type type,
      Map<String, String> metadata,
      String storageClass) {
    this(id, size, lastModified, type, metadata, storageClass, "");
  }

  /** Creates a stat whose storage class and content type were not told. */
  public ObjectStat(
      ObjectId id, long size, Instant lastModified, Type type, Map<String, String> metadata) {
    this(id, size, lastModified, type, metadata, "");
  }
}
