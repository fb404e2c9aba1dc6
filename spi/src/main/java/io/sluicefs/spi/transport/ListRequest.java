// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.transport;

import org.jspecify.annotations.Nullable;

/**
 * A request for one page of a listing.
 *
 * @param prefix keys start with it; may be empty
 * @param delimiter keys that hold it after the prefix are rolled up into common prefixes; empty for
 *     none
 * @param token where the page before this one ended, from {@link ListPage#nextToken}; null for the
 *     first
 * @param maxKeys most entries wanted, 1 to 1000, objects and common prefixes together
 */
public record ListRequest(String prefix, String delimiter, @Nullable String token, int maxKeys) {
  /** Most entries of one page that S3 and OSS give. */
  public static final int MAX_KEYS = 1000;

  public ListRequest {
    if (maxKeys < 1 || maxKeys > MAX_KEYS) {
      throw new IllegalArgumentException("a page has 1 to 1000 entries, not " + maxKeys);
    }
  }

  /** Returns a request for the first full page of the directory {@code prefix} names. */
  public static ListRequest directory(String prefix) {
    return new ListRequest(prefix, "/", null, MAX_KEYS);
  }

  /** Returns the request for the page after one that ended with {@code nextToken}. */
  public ListRequest after(String nextToken) {
    return new ListRequest(prefix, delimiter, nextToken, maxKeys);
  }
}
