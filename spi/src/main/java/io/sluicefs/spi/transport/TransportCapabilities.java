// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.transport;

import java.util.Set;

/**
 * What a store can do. Contract tests of what is not claimed are skipped.
 *
 * @param features what it offers beyond {@code head}, {@code list} and {@code read}
 * @param maxPutSize largest object of one {@code put}, in bytes
 * @param minPartSize smallest part of an upload but for the last, in bytes
 * @param maxPartSize largest part, in bytes
 * @param maxParts largest number of parts
 * @param maxCopySize largest object of one {@code copy}, in bytes
 */
public record TransportCapabilities(
    Set<Feature> features,
    long maxPutSize,
    long minPartSize,
    long maxPartSize,
    int maxParts,
    long maxCopySize) {
  /** Something a store may offer. */
  public enum Feature {
    /** {@code put} and {@code delete}. */
    WRITE,
    /** {@code startMultipartUpload}, {@code listUploads}, {@code abortUpload}. */
    MULTIPART,
    /** {@code copy} and {@code uploadPartCopy}. */
    COPY,
    /** {@link PutOptions#createOnly} is atomic in the store. */
    CREATE_ONLY,
    /**
     * {@code putSymlink} and {@code readSymlink}. {@code head} tells links as {@link
     * ObjectStat.Type#SYMLINK}, and so does {@code list} without {@link #SYMLINKS_LISTED_AS_EMPTY}.
     */
    SYMLINK,
    /**
     * The store has no links of its own: {@code list} shows them as {@link ObjectStat.Type#DATA} of
     * size zero, and only {@code head} tells them from empty objects.
     */
    SYMLINKS_LISTED_AS_EMPTY
  }

  public TransportCapabilities {
    features = Set.copyOf(features);
  }

  /** Returns what a store that is only read offers. */
  public static TransportCapabilities readOnly() {
    return new TransportCapabilities(Set.of(), 0, 0, 0, 0, 0);
  }

  /** Returns whether {@code feature} is offered. */
  public boolean has(Feature feature) {
    return features.contains(feature);
  }
}
