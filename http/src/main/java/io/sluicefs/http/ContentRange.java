// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import io.sluicefs.spi.ByteRange;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads the Content-Range header. */
final class ContentRange {
  private static final String UNIT = "bytes";

  private ContentRange() {}

  /** Returns the size of the object a Content-Range value names, or -1 if it names none. */
  static long objectSize(String value) {
    int slash = value.indexOf('/');
    return slash < 0 ? -1 : Numbers.parse(value.substring(slash + 1).strip());
  }

  /** Returns the range a Content-Range value names, or null if it names none. */
  static @Nullable ByteRange parse(String value) {
    String text = value.strip().toLowerCase(Locale.ROOT);
    int dash = text.indexOf('-');
    int slash = text.indexOf('/', dash + 1);
    if (!text.startsWith(UNIT) || dash < 0 || slash < 0) {
      return null;
    }
    long first = Numbers.parse(text.substring(UNIT.length(), dash).strip());
    long last = Numbers.parse(text.substring(dash + 1, slash).strip());
    return first < 0 || last < first ? null : new ByteRange(first, last + 1);
  }
}
