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
