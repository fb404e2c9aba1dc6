// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.ErrorAnswer;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * What a store says when it refuses a request, whichever way it was sent.
 *
 * @param status the HTTP status
 * @param code the store's code such as {@code NoSuchKey}; empty when it gives none
 * @param text its sentence on it; may be empty
 * @param requestId its name for the request; may be empty
 * @param region the bucket's right region, if the store says it
 * @param location where a redirect points; may be null
 */
record S3Error(
    int status,
    String code,
    String text,
    String requestId,
    @Nullable String region,
    @Nullable String location) {
  private static final int MAX_TEXT = 300;

  static S3Error of(ErrorAnswer answer) {
    FlatDocument body = new FlatDocument(answer.body());
    String region = answer.header("x-amz-bucket-region");
    String id = answer.header("x-amz-request-id");
    return new S3Error(
        answer.status(),
        body.element("Code"),
        oneLine(body.element("Message")),
        oneLine(id == null ? body.element("RequestId") : id),
        region == null ? emptyToNull(body.element("Region")) : region,
        answer.header("location"));
  }

  static S3Error of(S3Exception failure) {
    AwsErrorDetails details = failure.awsErrorDetails();
    SdkHttpResponse response = details == null ? null : details.sdkHttpResponse();
    String code = details == null ? null : details.errorCode();
    String text = details == null ? null : details.errorMessage();
    return new S3Error(
        failure.statusCode(),
        // The SDK puts the status where the store gives no code.
        code == null || code.matches("\\d+( .*)?") ? "" : code,
        text == null ? "" : oneLine(text),
        failure.requestId() == null ? "" : oneLine(failure.requestId()),
        response == null ? null : response.firstMatchingHeader("x-amz-bucket-region").orElse(null),
        response == null ? null : response.firstMatchingHeader("Location").orElse(null));
  }

  /** Returns what the store says of one key of a batch. */
  static S3Error ofKey(software.amazon.awssdk.services.s3.model.S3Error error) {
    return new S3Error(
        200,
        error.code() == null ? "" : oneLine(error.code()),
        error.message() == null ? "" : oneLine(error.message()),
        "",
        null,
        null);
  }

  private static String oneLine(String text) {
    String line = text.replaceAll("[\\s\\p{Cntrl}]+", " ").strip();
    return line.length() > MAX_TEXT ? line.substring(0, MAX_TEXT) + "..." : line;
  }

  private static @Nullable String emptyToNull(String text) {
    return text.isEmpty() ? null : text;
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
