// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

import java.util.Objects;

/**
 * One version of one object. Every cache keys by it, so a new version never meets the bytes of an
 * old one: nothing is ever invalidated, old blocks simply become unreachable.
 *
 * @param key the object's key in its bucket, the mount's prefix included
 * @param etag the entity tag as the store gave it, without the surrounding quotes; never empty
 */
public record ObjectId(String key, String etag) {
  public ObjectId {
    Objects.requireNonNull(key, "key");
    if (etag.isEmpty()) {
      throw new IllegalArgumentException("the etag of " + key + " is empty");
    }
  }
}
