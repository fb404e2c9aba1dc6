// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.Answer;
import io.sluicefs.http.QueryRequest;
import io.sluicefs.http.QueryRequest.Method;
import io.sluicefs.http.QuerySender;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.time.Instant;
import java.util.Map;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpMethod;

/**
 * Signs and sends the requests without a body that come for every name and every small file: past
 * the SDK's client, whose pipeline costs more than all the rest of such a request.
 */
final class S3Queries {
  private final S3Bucket bucket;
  private final S3Signer signer;
  private final S3Errors errors;
  private final QuerySender sender;

  S3Queries(S3Bucket bucket, S3Signer signer, S3Errors errors, QuerySender sender) {
    this.bucket = bucket;
    this.signer = signer;
    this.errors = errors;
    this.sender = sender;
  }

  /**
   * Asks for an object, or something of it.
   *
   * @param headers headers to sign
   */
  Answer ofObject(String what, Method method, String key, Map<String, String> headers)
      throws StorageException {
    S3Transport.requireKey(what, key);
    return send(new S3AnswerErrors(errors, what), method, key, Map.of(), headers);
  }

  /**
   * Asks the bucket for a document.
   *
   * @param query parameters of the request
   */
  Answer ofBucket(String what, Map<String, String> query) throws StorageException {
    return send(new S3AnswerErrors(errors, what, true), Method.GET, "", query, Map.of());
  }

  private Answer send(
      S3AnswerErrors answers,
      Method method,
      String key,
      Map<String, String> query,
      Map<String, String> headers)
      throws StorageException {
    try {
      return sender.send(signed(answers.what(), method, key, query, headers), answers);
    } catch (StorageException e) {
      Instant storeTime = answers.storeTimeOfSkew();
      if (storeTime == null || !signer.adoptClock(storeTime)) {
        throw e;
      }
      return sender.send(signed(answers.what(), method, key, query, headers), answers);
    }
  }

  private QueryRequest signed(
      String what,
      Method method,
      String key,
      Map<String, String> query,
      Map<String, String> headers)
      throws StorageException {
    String path = bucket.target(key);
    Map<String, String> signed;
    try {
      signed = signer.sign(SdkHttpMethod.valueOf(method.name()), path, query, headers);
    } catch (SdkException | IllegalStateException e) {
      throw Thread.currentThread().isInterrupted()
          ? new StorageException(Kind.CANCELLED, what + " was interrupted", e)
          : errors.badCredentials(what, e);
    }
    String target = path + S3Signer.queryString(query);
    return new QueryRequest(method, bucket.endpoint(), target, signed, what);
  }
}
