// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.admin;

/** Text as a JSON document has it. */
final class JsonText {
  private JsonText() {}

  /** The text in quotes, with what JSON does not allow in them escaped. */
  static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append("\\u%04x".formatted((int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
