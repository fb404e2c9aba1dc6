// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.transport;

import java.util.Map;

/**
 * How an object is to be stored.
 *
 * @param createOnly fail with {@code ALREADY_EXISTS} instead of replacing; needs {@link
 *     TransportCapabilities.Feature#CREATE_ONLY}
 * @param contentType MIME type; empty to let the store choose
 * @param metadata user metadata, names in lower case without the store's prefix
 * @param repeated whether a request before this one, the same but for this, failed without telling
 *     whether it was carried out: to one that creates only, an object that is as it would make it
 *     is then its own
 */
public record PutOptions(
    boolean createOnly, String contentType, Map<String, String> metadata, boolean repeated) {
  /** Replaces, without metadata. */
  public static final PutOptions REPLACE = new PutOptions(false, "", Map.of());

  public PutOptions {
    metadata = Map.copyOf(metadata);
  }

  /** Creates the options of a first request. */
  public PutOptions(boolean createOnly, String contentType, Map<String, String> metadata) {
    this(createOnly, contentType, metadata, false);
  }

  /**
   * Returns whether they say what is stored beside the bytes; a copy whose options do not keeps
   * what its source has.
   */
  public boolean describe() {
    return !contentType.isEmpty() || !metadata.isEmpty();
  }

  /** Returns these options for the repeat of a request whose outcome is not known. */
  public PutOptions forRepeat() {
    return new PutOptions(createOnly, contentType, metadata, true);
  }
}
