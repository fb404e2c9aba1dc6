// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A Range header of one range.
 *
 * @param first offset of the first byte; -1 = the last {@code last} bytes are meant
 * @param last offset of the last byte; {@link Long#MAX_VALUE} = to the end
 */
public record RequestedRange(long first, long last) {
  private static final Pattern FORM = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

  /** Null when there is none or when it is of no form that is served, which both vendors ignore. */
  public static @Nullable RequestedRange parse(@Nullable String header) {
    Matcher form = FORM.matcher(header == null ? "" : header.trim());
    if (!form.matches() || (form.group(1).isEmpty() && form.group(2).isEmpty())) {
      return null;
    }
    if (form.group(1).isEmpty()) {
      return new RequestedRange(-1, Long.parseLong(form.group(2)));
    }
    long first = Long.parseLong(form.group(1));
    long last = form.group(2).isEmpty() ? Long.MAX_VALUE : Long.parseLong(form.group(2));
    return last < first ? null : new RequestedRange(first, last);
  }

  /** Offset of the first byte in an object of that size. */
  public long offset(long size) {
    return first < 0 ? Math.max(0, size - last) : first;
  }

  /** Bytes of it that an object of that size has; 0 = it cannot be satisfied. */
  public long length(long size) {
    if (first < 0) {
      return Math.min(last, size);
    }
    return first >= size ? 0 : Math.min(last, size - 1) - first + 1;
  }

  /** Whether the object has all bytes that are named. */
  public boolean within(long size) {
    return first < 0 ? last > 0 : first < size && (last == Long.MAX_VALUE || last < size);
  }

  /** The Content-Range of the part an object of that size has. */
  public String contentRange(long size) {
    long offset = offset(size);
    return "bytes " + offset + "-" + (offset + length(size) - 1) + "/" + size;
  }
}
