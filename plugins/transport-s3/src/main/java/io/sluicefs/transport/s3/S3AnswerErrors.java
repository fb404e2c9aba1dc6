// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.ErrorAnswer;
import io.sluicefs.http.ErrorAnswers;
import io.sluicefs.http.Request;
import io.sluicefs.spi.StorageException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** The error answers to one request. Confined to its thread. */
final class S3AnswerErrors implements ErrorAnswers {
  private final S3Errors errors;
  private final String what;
  private final boolean ofBucket;
  private @Nullable Instant storeTimeOfSkew;

  S3AnswerErrors(S3Errors errors, String what) {
    this(errors, what, false);
  }

  /**
   * As above.
   *
   * @param ofBucket whether the bucket is asked for, not an object
   */
  S3AnswerErrors(S3Errors errors, String what, boolean ofBucket) {
    this.errors = errors;
    this.what = what;
    this.ofBucket = ofBucket;
  }

  /** Returns what is asked for, for errors. */
  String what() {
    return what;
  }

  /** Returns the store's time if it refused the request because of this machine's. */
  @Nullable Instant storeTimeOfSkew() {
    return storeTimeOfSkew;
  }

  @Override
  public StorageException toException(Request request, ErrorAnswer answer) {
    S3Error error = S3Error.of(answer);
    storeTimeOfSkew =
        error.code().equals("RequestTimeTooSkewed") ? time(answer.header("date")) : null;
    return errors.toException(what, ofBucket, error, null);
  }

  private static @Nullable Instant time(@Nullable String date) {
    if (date == null) {
      return null;
    }
    try {
      return ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
    } catch (DateTimeException e) {
      return null;
    }
  }
}
