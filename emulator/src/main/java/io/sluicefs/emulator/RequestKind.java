// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator;

/** What a request asked for, the same words for both dialects. */
public enum RequestKind {
  /** Metadata of one object. */
  HEAD,
  /** Bytes of one object. */
  GET,
  /** One page of a listing. */
  LIST,
  /** A whole object written at once, an append, a symbolic link. */
  PUT,
  /** One object, or one batch of them. */
  DELETE,
  /** An object copied inside the store. */
  COPY,
  /** A multipart upload begun. */
  MULTIPART_INITIATE,
  /** One part uploaded, or copied from an object. */
  MULTIPART_PART,
  /** A multipart upload made an object. */
  MULTIPART_COMPLETE,
  /** A multipart upload given up. */
  MULTIPART_ABORT,
  /** Buckets, tags, pending uploads and everything else. */
  OTHER
}
