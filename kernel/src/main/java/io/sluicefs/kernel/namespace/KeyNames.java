// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

/** Which parts of keys can be names of files, and the order stores list keys in. */
public final class KeyNames {
  /** Longest name Linux takes, in bytes. */
  public static final int MAX_NAME_BYTES = 255;

  /** Longest key a store takes, in bytes. */
  public static final int MAX_KEY_BYTES = 1024;

  private KeyNames() {}

  /**
   * Returns whether a path can name {@code segment}, and leads back to the same key. A replacement
   * character says that the key's bytes were not UTF-8: what is shown would not be its name.
   */
  public static boolean isName(String segment) {
    int length = segment.length();
    if (length == 0 || length > MAX_NAME_BYTES || isDots(segment)) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      char c = segment.charAt(i);
      if (c == 0 || c == '/' || c == '\uFFFD') {
        return false;
      }
      if (Character.isSurrogate(c)) {
        if (Character.isLowSurrogate(c)
            || i + 1 == length
            || !Character.isLowSurrogate(segment.charAt(i + 1))) {
          return false;
        }
        i++;
      }
    }
    return utf8Length(segment) <= MAX_NAME_BYTES;
  }

  private static boolean isDots(String segment) {
    return segment.equals(".") || segment.equals("..");
  }

  /** Returns the number of bytes of {@code text} in UTF-8. */
  public static int utf8Length(String text) {
    int bytes = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      // A surrogate pair takes four bytes: two for each half.
      bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return bytes;
  }

  /** Compares as the UTF-8 bytes do, which is the order of code points. */
  static int compare(String a, String b) {
    int length = Math.min(a.length(), b.length());
    for (int i = 0; i < length; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        boolean pair = Character.isSurrogate(x);
        return pair == Character.isSurrogate(y) ? Character.compare(x, y) : pair ? 1 : -1;
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  /**
   * Returns whether a listing that has come to {@code last} may still bring the directory {@code
   * name}: {@code a-1} and {@code a.txt} come between {@code a} and {@code a/}.
   */
  static boolean directoryMayFollow(String name, String last) {
    return last.startsWith(name)
        && (last.length() == name.length() || last.charAt(name.length()) < '/');
  }
}
