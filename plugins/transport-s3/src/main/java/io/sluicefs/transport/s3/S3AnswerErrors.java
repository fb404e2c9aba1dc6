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
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The error answers to one request. Confined to its thread. */
final class S3AnswerErrors implements ErrorAnswers {
  /** How S3 answers a request that is not allowed or not signed as it should be. */
  private static final Set<Integer> REFUSALS = Set.of(400, 401, 403);

  private final S3Errors errors;
  private final String what;
  private final boolean ofBucket;
  private @Nullable Instant storeTimeOfSkew;
  private String code = "";
  private int status;

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

  /** Returns the store's word for the last error; empty if there was none. */
  String code() {
    return code;
  }

  /** Returns whether the last error was about what the request may, or how it is signed. */
  boolean isRefusal() {
    return REFUSALS.contains(status);
  }

  @Override
  public StorageException toException(Request request, ErrorAnswer answer) {
    S3Error error = S3Error.of(answer);
    code = error.code();
    status = error.status();
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
