// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.Answer;
import io.sluicefs.http.QueryRequest;
import io.sluicefs.http.QueryRequest.Method;
import io.sluicefs.http.QuerySender;
import io.sluicefs.spi.StorageException;
import java.util.Map;
import software.amazon.awssdk.http.SdkHttpMethod;

/**
 * Signs and sends the requests without a body that come for every name and every small file: past
 * the SDK's client, whose pipeline costs more than all the rest of such a request.
 */
final class S3Queries {
  private static final Map<String, String> FIRST_BYTE = Map.of("Range", "bytes=0-0");

  private final S3Bucket bucket;
  private final SignedRequests requests;
  private final S3Errors errors;
  private final QuerySender sender;

  S3Queries(S3Bucket bucket, SignedRequests requests, S3Errors errors, QuerySender sender) {
    this.bucket = bucket;
    this.requests = requests;
    this.errors = errors;
    this.sender = sender;
  }

  /**
   * Asks what is said of an object. The refusal of that has no body, so that S3 cannot say whether
   * credentials or clock are out of date; it is asked by a request that is answered with one.
   *
   * @param headers headers to sign
   */
  Answer head(String what, String key, Map<String, String> headers) throws StorageException {
    S3AnswerErrors answers = new S3AnswerErrors(errors, what);
    try {
      return ofObject(answers, Method.HEAD, key, headers);
    } catch (StorageException e) {
      if (!answers.isRefusal()) {
        throw e;
      }
    }
    requireAccess(what, key);
    return ofObject(answers, Method.HEAD, key, headers);
  }

  /** Remedies what keeps a key from being read, or throws what the store says it is. */
  private void requireAccess(String what, String key) throws StorageException {
    S3AnswerErrors answers = new S3AnswerErrors(errors, what);
    try {
      Answer _ = ofObject(answers, Method.GET, key, FIRST_BYTE);
    } catch (StorageException e) {
      // That there is no such object, or no first byte of it, tells that the key may be read.
      if (answers.isRefusal()) {
        throw e;
      }
    }
  }

  /** Asks that an object goes. */
  void delete(String what, String key) throws StorageException {
    Answer _ = ofObject(new S3AnswerErrors(errors, what), Method.DELETE, key, Map.of());
  }

  private Answer ofObject(
      S3AnswerErrors answers, Method method, String key, Map<String, String> headers)
      throws StorageException {
    S3Transport.requireKey(answers.what(), key);
    return send(answers, method, key, Map.of(), headers);
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
    String path = bucket.target(key);
    String target = path + S3Signer.queryString(query);
    return requests.run(
        answers,
        SdkHttpMethod.valueOf(method.name()),
        path,
        query,
        headers,
        signed ->
            sender.send(
                new QueryRequest(method, bucket.endpoint(), target, signed, answers.what()),
                answers));
  }
}
