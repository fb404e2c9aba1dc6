// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import io.sluicefs.emulator.StoreException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Percent-encoding as both dialects sign it: all bytes but A-Z a-z 0-9 - _ . ~ */
public final class PercentCoding {
  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private PercentCoding() {}

  public static String encode(String text) {
    return encode(text, false);
  }

  /** Leaves slashes as they are. */
  public static String encodePath(String text) {
    return encode(text, true);
  }

  private static String encode(String text, boolean slash) {
    StringBuilder encoded = new StringBuilder(text.length() + 16);
    for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (each & 255);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (letter || "-_.~".indexOf(c) >= 0 || (slash && c == '/')) {
        encoded.append(c);
      } else {
        encoded.append('%').append(HEX.toHexDigits(each));
      }
    }
    return encoded.toString();
  }

  /** The text a percent-encoded one stands for; a plus stays a plus. */
  public static String decode(String encoded) {
    if (encoded.indexOf('%') < 0) {
      return RequestHead.text(encoded);
    }
    byte[] raw = encoded.getBytes(StandardCharsets.ISO_8859_1);
    byte[] bytes = new byte[raw.length];
    int length = 0;
    for (int i = 0; i < raw.length; i++) {
      if (raw[i] != '%') {
        bytes[length++] = raw[i];
      } else if (i + 2 < raw.length
          && HexFormat.isHexDigit(raw[i + 1])
          && HexFormat.isHexDigit(raw[i + 2])) {
        bytes[length++] = (byte) HexFormat.fromHexDigits(encoded, i + 1, i + 3);
        i += 2;
      } else {
        throw new StoreException(400, "InvalidURI", "Couldn't parse the specified URI.");
      }
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }
}
