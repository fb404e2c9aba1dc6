// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.ErrorAnswer;
import io.sluicefs.http.RetryAfter;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Response;

/**
 * What a store says when it refuses a request, whichever way it was sent.
 *
 * @param status the HTTP status
 * @param code the store's code such as {@code NoSuchKey}; empty when it gives none
 * @param text its sentence on it; may be empty
 * @param requestId its name for the request; may be empty
 * @param region the bucket's right region, if the store says it
 * @param location where a redirect points; may be null
 * @param retryAfter how long the store asks to wait; zero if it does not
 */
record S3Error(
    int status,
    String code,
    String text,
    String requestId,
    @Nullable String region,
    @Nullable String location,
    Duration retryAfter) {
  private static final int MAX_TEXT = 300;

  static S3Error of(ErrorAnswer answer) {
    FlatDocument body = new FlatDocument(answer.body());
    String region = answer.header("x-amz-bucket-region");
    String location = answer.header("location");
    String id = answer.header("x-amz-request-id");
    return new S3Error(
        answer.status(),
        oneLine(body.element("Code")),
        oneLine(body.element("Message")),
        oneLine(id == null ? body.element("RequestId") : id),
        emptyToNull(oneLine(region == null ? body.element("Region") : region)),
        location == null ? null : oneLine(location),
        answer.retryAfter());
  }

  static S3Error of(S3Exception failure) {
    AwsErrorDetails details = failure.awsErrorDetails();
    SdkHttpResponse response = details == null ? null : details.sdkHttpResponse();
    String code = details == null ? null : details.errorCode();
    String text = details == null ? null : details.errorMessage();
    return new S3Error(
        failure.statusCode(),
        // The SDK puts the status where the store gives no code.
        code == null || code.matches("\\d+( .*)?") ? "" : oneLine(code),
        text == null ? "" : oneLine(text),
        failure.requestId() == null ? "" : oneLine(failure.requestId()),
        response == null ? null : response.firstMatchingHeader("x-amz-bucket-region").orElse(null),
        response == null ? null : response.firstMatchingHeader("Location").orElse(null),
        response == null ? Duration.ZERO : retryAfter(failure.statusCode(), response));
  }

  /**
   * Returns what the store says of one key of a batch.
   *
   * @param answer to the batch
   */
  static S3Error ofKey(software.amazon.awssdk.services.s3.model.S3Error error, S3Response answer) {
    return new S3Error(
        200,
        error.code() == null ? "" : oneLine(error.code()),
        error.message() == null ? "" : oneLine(error.message()),
        requestId(answer),
        null,
        null,
        Duration.ZERO);
  }

  private static Duration retryAfter(int status, SdkHttpResponse response) {
    return RetryAfter.of(
        status,
        response.firstMatchingHeader("Retry-After").orElse(null),
        response.firstMatchingHeader("Date").orElse(null));
  }

  /** Returns the beginning of a text of others as one line. */
  static String oneLine(String text) {
    String line = text.replaceAll("[\\s\\p{Cc}]+", " ").strip();
    return line.length() > MAX_TEXT ? line.substring(0, MAX_TEXT) + "..." : line;
  }

  private static @Nullable String emptyToNull(String text) {
    return text.isEmpty() ? null : text;
  }

  /** Returns the store's name for a request that was answered; empty if it gives none. */
  private static String requestId(S3Response answer) {
    return answer
        .sdkHttpResponse()
        .firstMatchingHeader("x-amz-request-id")
        .map(S3Error::oneLine)
        .orElse("");
  }

  /** Returns the store's name for a request, for the end of an error about its answer. */
  static String reference(S3Response answer) {
    return reference(requestId(answer));
  }

  /** The same of a name that may not have been given. */
  static String reference(@Nullable String requestId) {
    return requestId == null || requestId.isEmpty() ? "" : " (request " + oneLine(requestId) + ")";
  }

  /** Returns status, code and request id, as a person would look for them in the store's log. */
  String reference() {
    StringBuilder reference = new StringBuilder("HTTP ").append(status);
    if (!code.isEmpty()) {
      reference.append(' ').append(code);
    }
    if (!requestId.isEmpty()) {
      reference.append(", request ").append(requestId);
    }
    return reference.toString();
  }
}
