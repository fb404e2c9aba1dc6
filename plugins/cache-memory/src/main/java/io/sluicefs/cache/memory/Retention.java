// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.memory;

import io.sluicefs.spi.Setting;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How long the blocks of an object outlive its last attachment.
 *
 * @param nanos 0: not at all; {@link Long#MAX_VALUE}: until their memory is needed
 */
record Retention(long nanos) {
  static final Retention WHILE_OPEN = new Retention(0);
  static final Retention LRU = new Retention(Long.MAX_VALUE);

  private static final Setting<Duration> TIME = Setting.duration("time", "A time.");

  static Retention parse(String text) {
    return switch (text) {
      case "while-open" -> WHILE_OPEN;
      case "lru" -> LRU;
      default -> new Retention(TimeUnit.NANOSECONDS.convert(TIME.parse(text)));
    };
  }
}
