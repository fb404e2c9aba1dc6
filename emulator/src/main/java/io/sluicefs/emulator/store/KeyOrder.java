// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.store;

import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * The order of listings: keys as UTF-8 bytes, which is the order of code points, not that of Java's
 * chars.
 */
final class KeyOrder implements Comparator<String> {
  static final KeyOrder UTF_8 = new KeyOrder();

  private KeyOrder() {}

  @Override
  public int compare(String left, String right) {
    int common = Math.min(left.length(), right.length());
    for (int i = 0; i < common; i++) {
      char a = left.charAt(i);
      char b = right.charAt(i);
      if (a != b) {
        // Surrogates stand for code points above every other char.
        boolean aboveA = Character.isSurrogate(a);
        boolean aboveB = Character.isSurrogate(b);
        return aboveA == aboveB ? Character.compare(a, b) : aboveA ? 1 : -1;
      }
    }
    return Integer.compare(left.length(), right.length());
  }

  /** The least string above every string that begins with the prefix; null when there is none. */
  static @Nullable String after(String prefix) {
    int end = prefix.length();
    while (end > 0) {
      int last = prefix.codePointBefore(end);
      int start = end - Character.charCount(last);
      if (last < Character.MAX_CODE_POINT) {
        int next = last + 1 == Character.MIN_SURROGATE ? Character.MAX_SURROGATE + 1 : last + 1;
        return new StringBuilder().append(prefix, 0, start).appendCodePoint(next).toString();
      }
      end = start;
    }
    return null;
  }
}
