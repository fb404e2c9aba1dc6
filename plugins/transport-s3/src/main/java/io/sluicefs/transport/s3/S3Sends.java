// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.BodyRequest;
import io.sluicefs.http.BodySender;
import io.sluicefs.http.Receipt;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.UploadBody;
import java.util.Map;
import software.amazon.awssdk.http.SdkHttpMethod;

/** Signs bodies and sends them past the SDK, straight from the caller's memory. */
final class S3Sends {
  private final S3Bucket bucket;
  private final SignedRequests requests;
  private final S3Errors errors;
  private final BodySender sender;
  private final BodySender slowSender;

  /**
   * Creates a way to send.
   *
   * @param slowSender sends what takes the store a while to carry out
   */
  S3Sends(
      S3Bucket bucket,
      SignedRequests requests,
      S3Errors errors,
      BodySender sender,
      BodySender slowSender) {
    this.bucket = bucket;
    this.requests = requests;
    this.errors = errors;
    this.sender = sender;
    this.slowSender = slowSender;
  }

  /**
   * Sends a body; what the answer leaves out is a failure.
   *
   * @param query parameters of the request
   * @param headers headers to sign
   * @param repeatable whether sending it again would change nothing
   */
  Receipt send(
      String what,
      String key,
      Map<String, String> query,
      Map<String, String> headers,
      UploadBody body,
      boolean repeatable)
      throws StorageException {
    Receipt receipt = send(what, key, query, headers, body, repeatable, sender);
    if (etag(receipt).isEmpty()) {
      throw new StorageException(
          Kind.CORRUPT,
          what
              + ": the answer has no etag; is this an S3 endpoint?"
              + S3Error.reference(receipt.header("x-amz-request-id")));
    }
    return receipt;
  }

  /** Sends what takes the store a while to carry out. */
  Receipt sendSlow(
      String what,
      String key,
      Map<String, String> query,
      Map<String, String> headers,
      UploadBody body,
      boolean repeatable)
      throws StorageException {
    return send(what, key, query, headers, body, repeatable, slowSender);
  }

  /** Returns the etag of an answer, bare; empty if it has none. */
  static String etag(Receipt receipt) {
    String etag = receipt.header("etag");
    return etag == null ? "" : ETags.unquoted(etag);
  }

  private Receipt send(
      String what,
      String key,
      Map<String, String> query,
      Map<String, String> headers,
      UploadBody body,
      boolean repeatable,
      BodySender by)
      throws StorageException {
    S3AnswerErrors answers = new S3AnswerErrors(errors, what);
    String path = bucket.target(key);
    String target = path + S3Signer.queryString(query);
    return requests.run(
        answers,
        SdkHttpMethod.PUT,
        path,
        query,
        headers,
        signed ->
            by.send(
                new BodyRequest(bucket.endpoint(), target, signed, body, what, repeatable),
                answers));
  }
}
