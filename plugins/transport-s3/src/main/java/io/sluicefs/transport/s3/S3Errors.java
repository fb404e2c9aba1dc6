// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Says what a failure means, in the kernel's kinds and in one line for a person. */
final class S3Errors {
  private final S3Bucket bucket;
  private final S3Credentials credentials;

  S3Errors(S3Bucket bucket, S3Credentials credentials) {
    this.bucket = bucket;
    this.credentials = credentials;
  }

  /**
   * Returns what an error answer means.
   *
   * @param what the request: {@code read of s3://bucket/key}
   * @param ofBucket whether the request asked for the bucket, not for an object
   */
  StorageException toException(
      String what, boolean ofBucket, S3Error error, @Nullable Throwable cause) {
    Kind kind = kind(error, ofBucket);
    return new StorageException(
        kind,
        "%s at %s: %s (%s)"
            .formatted(what, bucket.endpoint(), explanation(kind, error), error.reference()),
        cause,
        error.retryAfter());
  }

  private static Kind kind(S3Error error, boolean ofBucket) {
    return switch (error.code()) {
      case "NoSuchBucket" -> Kind.NO_SUCH_BUCKET;
      case "NoSuchKey", "NoSuchUpload", "NoSuchVersion" -> Kind.NOT_FOUND;
      case "PreconditionFailed" -> Kind.PRECONDITION_FAILED;
      // Another write of the key was under way: the next attempt meets what it made.
      case "ConditionalRequestConflict" -> Kind.SERVER_ERROR;
      case "BadDigest", "XAmzContentChecksumMismatch" -> Kind.CORRUPT;
      case "InvalidAccessKeyId",
          "SignatureDoesNotMatch",
          "ExpiredToken",
          "ExpiredTokenException",
          "InvalidToken",
          "InvalidSecurity",
          "TokenRefreshRequired",
          "AuthFailure",
          "MissingSecurityHeader",
          "RequestExpired",
          "RequestTimeTooSkewed",
          "RequestInTheFuture" ->
          Kind.BAD_CREDENTIALS;
      case "AccessDenied", "AllAccessDisabled", "AccountProblem", "InvalidObjectState" ->
          Kind.ACCESS_DENIED;
      case "SlowDown",
          "Throttling",
          "ThrottlingException",
          "TooManyRequests",
          "RequestLimitExceeded",
          "BandwidthLimitExceeded" ->
          Kind.THROTTLED;
      case "RequestTimeout" -> Kind.TIMEOUT;
      case "InternalError", "ServiceUnavailable" -> Kind.SERVER_ERROR;
      case "NotImplemented", "XNotImplemented" -> Kind.UNSUPPORTED;
      default -> kind(error.status(), ofBucket);
    };
  }

  private static Kind kind(int status, boolean ofBucket) {
    return switch (status) {
      case 401 -> Kind.BAD_CREDENTIALS;
      case 403 -> Kind.ACCESS_DENIED;
      case 404 -> ofBucket ? Kind.NO_SUCH_BUCKET : Kind.NOT_FOUND;
      case 408 -> Kind.TIMEOUT;
      case 412 -> Kind.PRECONDITION_FAILED;
      case 429 -> Kind.THROTTLED;
      case 501 -> Kind.UNSUPPORTED;
      default -> status >= 500 ? Kind.SERVER_ERROR : Kind.INVALID_REQUEST;
    };
  }

  private String explanation(Kind kind, S3Error error) {
    String region = error.region();
    if (region != null
        && !region.equals(bucket.region())
        && (error.status() == 301 || error.status() == 307 || error.status() == 400)) {
      return "the bucket is in region %s, not %s; set transport.s3.region = %s"
          .formatted(region, bucket.region(), region);
    }
    if (error.status() >= 300 && error.status() < 400) {
      String location = error.location();
      return "the store redirects, which is not followed; set transport.s3.endpoint or region to %s"
          .formatted(location == null ? "the bucket's own" : location);
    }
    return switch (error.code()) {
      case "InvalidAccessKeyId" ->
          "the store does not know the access key; check credentials = " + credentials.sourceName();
      case "SignatureDoesNotMatch" ->
          "the secret access key does not fit the access key; check credentials = "
              + credentials.sourceName();
      case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken" ->
          "the session token is expired or wrong; renew credentials = " + credentials.sourceName();
      case "RequestTimeTooSkewed", "RequestInTheFuture", "RequestExpired" ->
          "the clock of this machine differs from the store's; set it right";
      case "AuthorizationHeaderMalformed" ->
          "the signature is for region %s; set transport.s3.region: %s"
              .formatted(bucket.region(), error.text());
      default -> explanation(kind, error.text());
    };
  }

  private String explanation(Kind kind, String text) {
    String plain =
        switch (kind) {
          case NOT_FOUND -> "there is no such object";
          case NO_SUCH_BUCKET ->
              "there is no bucket %s; check transport.s3.bucket and endpoint"
                  .formatted(bucket.name());
          case PRECONDITION_FAILED -> "the object is another version now";
          case ACCESS_DENIED ->
              "access denied; credentials = %s may not do this".formatted(credentials.sourceName());
          case BAD_CREDENTIALS ->
              "the store refuses the credentials; check credentials = " + credentials.sourceName();
          case THROTTLED -> "the store asks to slow down";
          case TIMEOUT -> "the store gave up waiting for the request";
          case UNSUPPORTED -> "the store does not offer this";
          case SERVER_ERROR -> "the store failed";
          case CORRUPT -> "other bytes arrived than were sent";
          default -> "the store refuses the request";
        };
    return text.isEmpty() ? plain : plain + ": " + text;
  }

  /** Returns what a failure of the SDK means. */
  StorageException toException(String what, boolean ofBucket, Throwable failure) {
    if (failure instanceof S3Exception refused) {
      return toException(what, ofBucket, S3Error.of(refused), failure);
    }
    if (failure instanceof AbortedException) {
      return new StorageException(Kind.CANCELLED, what + " was interrupted", failure);
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof StorageException known) {
        return known;
      }
    }
    if (failure instanceof SdkClientException client
        && String.valueOf(client.getMessage()).contains("credentials")) {
      return badCredentials(what, failure);
    }
    return new StorageException(
        Kind.CORRUPT,
        "%s at %s: the answer is not what S3 sends: %s"
            .formatted(what, bucket.endpoint(), oneLine(failure)),
        failure);
  }

  /** Returns the failure of a source of credentials. */
  StorageException badCredentials(String what, Throwable failure) {
    return new StorageException(
        Kind.BAD_CREDENTIALS,
        "%s: no credentials from credentials = %s: %s"
            .formatted(what, credentials.sourceName(), oneLine(failure)),
        failure);
  }

  private static String oneLine(Throwable failure) {
    return S3Error.oneLine(String.valueOf(failure.getMessage()));
  }
}
