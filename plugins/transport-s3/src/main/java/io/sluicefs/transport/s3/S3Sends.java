// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.BodyRequest;
import io.sluicefs.http.BodySender;
import io.sluicefs.http.Receipt;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.UploadBody;
import java.time.Instant;
import java.util.Map;
import software.amazon.awssdk.core.exception.SdkException;

/** Signs bodies and sends them past the SDK, straight from the caller's memory. */
final class S3Sends {
  private final S3Bucket bucket;
  private final S3Signer signer;
  private final S3Errors errors;
  private final BodySender sender;

  S3Sends(S3Bucket bucket, S3Signer signer, S3Errors errors, BodySender sender) {
    this.bucket = bucket;
    this.signer = signer;
    this.errors = errors;
    this.sender = sender;
  }

  /**
   * Sends a body; what the answer leaves out is a failure.
   *
   * @param query parameters of the request
   * @param headers headers to sign
   */
  Receipt send(
      String what,
      String key,
      Map<String, String> query,
      Map<String, String> headers,
      UploadBody body)
      throws StorageException {
    S3AnswerErrors answers = new S3AnswerErrors(errors, what);
    Receipt receipt;
    try {
      receipt = sendOnce(what, key, query, headers, body, answers);
    } catch (StorageException e) {
      Instant storeTime = answers.storeTimeOfSkew();
      if (storeTime == null || !signer.adoptClock(storeTime)) {
        throw e;
      }
      receipt = sendOnce(what, key, query, headers, body, answers);
    }
    if (etag(receipt).isEmpty()) {
      throw new StorageException(
          Kind.CORRUPT, what + ": the answer has no etag; is this an S3 endpoint?");
    }
    return receipt;
  }

  /** Returns the etag of an answer, bare; empty if it has none. */
  static String etag(Receipt receipt) {
    String etag = receipt.header("etag");
    return etag == null ? "" : ETags.unquoted(etag);
  }

  private Receipt sendOnce(
      String what,
      String key,
      Map<String, String> query,
      Map<String, String> headers,
      UploadBody body,
      S3AnswerErrors answers)
      throws StorageException {
    Map<String, String> signed;
    try {
      signed = signer.signPut(bucket.target(key), query, headers);
    } catch (SdkException | IllegalStateException e) {
      throw Thread.currentThread().isInterrupted()
          ? new StorageException(Kind.CANCELLED, what + " was interrupted", e)
          : errors.badCredentials(what, e);
    }
    String target = bucket.target(key) + S3Signer.queryString(query);
    return sender.send(new BodyRequest(bucket.endpoint(), target, signed, body, what), answers);
  }
}
