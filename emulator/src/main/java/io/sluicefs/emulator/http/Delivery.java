// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import java.time.Duration;

/**
 * How an answer goes out.
 *
 * @param bytes of the body that do; less than 0 = not even the head
 * @param ending what comes then
 * @param bytesPerSecond of the body at most; 0 = as the emulator's conditions say
 * @param delay before the head, on top of the emulator's latency
 */
record Delivery(long bytes, Ending ending, long bytesPerSecond, Duration delay) {
  /** What happens to the connection. */
  enum Ending {
    /** The answer is whole. */
    WHOLE,
    /** It is closed in order. */
    CLOSE,
    /** It is reset. */
    RESET,
    /** It stays open until the client closes it. */
    STALL
  }

  static final Delivery WHOLE = new Delivery(Long.MAX_VALUE, Ending.WHOLE, 0, Duration.ZERO);

  static Delivery ending(long at, Ending ending) {
    return new Delivery(at, ending, 0, Duration.ZERO);
  }

  boolean isNothing() {
    return bytes < 0;
  }
}
