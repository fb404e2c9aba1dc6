// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

/** Numbers of the protocol: digits only, no sign, no blanks. */
final class Numbers {
  private static final int MAX_DECIMAL_DIGITS = 18;

  private Numbers() {}

  /** Returns the number {@code digits} writes, or -1 if it writes none below 10^18. */
  static long parse(CharSequence digits) {
    if (digits.isEmpty() || digits.length() > MAX_DECIMAL_DIGITS) {
      return -1;
    }
    long number = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      number = number * 10 + digit;
    }
    return number;
  }
}
