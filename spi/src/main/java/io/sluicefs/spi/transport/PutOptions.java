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
 */
public record PutOptions(boolean createOnly, String contentType, Map<String, String> metadata) {
  /** Replaces, without metadata. */
  public static final PutOptions REPLACE = new PutOptions(false, "", Map.of());

  public PutOptions {
    metadata = Map.copyOf(metadata);
  }
}
