// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi;

import org.jspecify.annotations.Nullable;

/** Text of others in messages that are one line. */
final class OneLine {
  private OneLine() {}

  /** Returns the text with a blank for each run of control characters. */
  static @Nullable String of(@Nullable String text) {
    return text == null || text.chars().noneMatch(Character::isISOControl)
        ? text
        : text.replaceAll("\\p{Cc}+", " ");
  }
}
