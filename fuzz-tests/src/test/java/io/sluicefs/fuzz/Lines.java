// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuzz;

/** What must be true of text that comes from others. */
public final class Lines {
  private static final int LONGEST = 4096;

  private Lines() {}

  /** A line for the log: nothing that would make it two, or move the cursor of a terminal. */
  public static void check(String line) {
    if (line.length() > LONGEST) {
      throw new AssertionError("a line of " + line.length());
    }
    for (int i = 0; i < line.length(); i++) {
      if (Character.isISOControl(line.charAt(i))) {
        throw new AssertionError("a control character at " + i + " of: " + line);
      }
    }
  }

  /** A key of a listing is not empty, and under the prefix asked for. */
  public static void checkKey(String key, String prefix) {
    if (key.isEmpty() || !key.startsWith(prefix)) {
      throw new AssertionError("a key that was not asked for: " + key);
    }
  }
}
