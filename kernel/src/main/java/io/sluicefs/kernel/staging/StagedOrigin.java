// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import io.sluicefs.spi.ObjectId;
import org.jspecify.annotations.Nullable;

/**
 * What a staged file belongs to.
 *
 * @param location where the bucket is, free of secrets: {@code s3://host:port/bucket}
 * @param key the key it is to be published under, the mount's prefix included
 * @param base the version of an object it changes; null if it makes a new one
 * @param baseSize size of that version in bytes, 0 if there is none
 */
public record StagedOrigin(String location, String key, @Nullable ObjectId base, long baseSize) {
  public StagedOrigin {
    if (baseSize < 0 || (base == null && baseSize > 0)) {
      throw new IllegalArgumentException("size of the base of " + key + ": " + baseSize);
    }
  }
}
