// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.http;

import io.sluicefs.emulator.StoredObject;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The four conditional headers of a read or of a copy's source.
 *
 * @param ifMatch null = not given, as with the others
 */
public record Conditionals(
    @Nullable String ifMatch,
    @Nullable String ifNoneMatch,
    @Nullable String ifModifiedSince,
    @Nullable String ifUnmodifiedSince) {

  /** What the conditions say. */
  public enum Verdict {
    PROCEED,
    NOT_MODIFIED,
    FAILED
  }

  private static final DateTimeFormatter HTTP_DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
          .withZone(ZoneOffset.UTC);

  /** Those of the request whose names begin with the prefix, such as "" or "x-amz-copy-source-". */
  public static Conditionals of(RequestHead head, String prefix) {
    return new Conditionals(
        head.header(prefix + "if-match"),
        head.header(prefix + "if-none-match"),
        head.header(prefix + "if-modified-since"),
        head.header(prefix + "if-unmodified-since"));
  }

  /** Etags win over times, as RFC 9110 orders them. */
  public Verdict verdict(StoredObject object) {
    Instant modified = object.lastModified().truncatedTo(ChronoUnit.SECONDS);
    if (ifMatch != null) {
      if (!names(ifMatch, object.etag())) {
        return Verdict.FAILED;
      }
    } else if (ifUnmodifiedSince != null) {
      Instant since = instant(ifUnmodifiedSince);
      if (since != null && modified.isAfter(since)) {
        return Verdict.FAILED;
      }
    }
    if (ifNoneMatch != null) {
      return names(ifNoneMatch, object.etag()) ? Verdict.NOT_MODIFIED : Verdict.PROCEED;
    }
    if (ifModifiedSince != null) {
      Instant since = instant(ifModifiedSince);
      return since != null && !modified.isAfter(since) ? Verdict.NOT_MODIFIED : Verdict.PROCEED;
    }
    return Verdict.PROCEED;
  }

  /** Whether a list of etags, or "*", names the etag. */
  public static boolean names(String list, String etag) {
    return list.trim().equals("*")
        || Arrays.stream(list.split(",", -1)).anyMatch(each -> bare(each).equals(etag));
  }

  /** An etag without quotes, in lower case. */
  public static String bare(String etag) {
    return etag.trim().replace("\"", "").toLowerCase(Locale.ROOT);
  }

  public static String httpDate(Instant instant) {
    return HTTP_DATE.format(instant);
  }

  /** The instant of an HTTP date; null when it is none. */
  public static @Nullable Instant instant(String httpDate) {
    try {
      return ZonedDateTime.parse(httpDate, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
    } catch (DateTimeException e) {
      return null;
    }
  }
}
