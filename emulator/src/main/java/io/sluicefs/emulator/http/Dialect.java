// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import io.netty.handler.codec.http.HttpHeaders;
import java.io.IOException;

/** Understands the requests of one listener. */
public interface Dialect {
  /**
   * Begins a request; called on a thread that must not wait for long.
   *
   * @throws io.sluicefs.emulator.StoreException when the request is refused whatever its body
   */
  Reception begin(RequestHead head) throws IOException;

  /** The answer to a request that failed. */
  Answer refusal(RequestHead head, Exception failure);

  /** Adds the fields that every answer of this dialect carries. */
  void decorate(HttpHeaders answer);
}
