// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.util.Map;

/** A signed request as it is sent. */
public sealed interface Request permits RangeRequest, BodyRequest, QueryRequest {
  /** Returns where to connect to. */
  Endpoint endpoint();

  /**
   * Returns what stands in the request line: raw path and query, percent-encoded by the caller and
   * sent as it is, {@code //} and {@code ..} included.
   */
  String target();

  /** Returns the signed headers by name, sent as they are. */
  Map<String, String> headers();

  /** Returns whether it may be sent again when a kept connection turns out closed. */
  default boolean repeatable() {
    return true;
  }

  /** Returns what is done, for errors: {@code read of s3://bucket/key}. */
  String description();
}
