// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.http.AccessKey;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.time.Instant;
import java.util.Map;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpMethod;

/**
 * Signs the requests that are sent past the SDK's client; one the store refuses because of this
 * machine's clock is sent again with the store's time, one it refuses because of the credentials
 * with others if their source has others by now.
 */
final class SignedRequests {
  /** What is done with a signature. */
  @FunctionalInterface
  interface Sending<T> {
    T send(Map<String, String> signedHeaders) throws StorageException;
  }

  private final S3Signer signer;
  private final S3Credentials credentials;
  private final S3Errors errors;

  SignedRequests(S3Signer signer, S3Credentials credentials, S3Errors errors) {
    this.signer = signer;
    this.credentials = credentials;
    this.errors = errors;
  }

  /**
   * Signs a request and sends it.
   *
   * @param answers the error answers to it
   * @param headers headers to sign
   */
  <T> T run(
      S3AnswerErrors answers,
      SdkHttpMethod method,
      String path,
      Map<String, String> query,
      Map<String, String> headers,
      Sending<T> sending)
      throws StorageException {
    AccessKey used = key(answers.what());
    try {
      return sending.send(signer.sign(used, method, path, query, headers));
    } catch (StorageException e) {
      if (!isRemedied(answers, used)) {
        throw e;
      }
      AccessKey next = key(answers.what());
      return sending.send(signer.sign(next, method, path, query, headers));
    }
  }

  private boolean isRemedied(S3AnswerErrors answers, AccessKey used) {
    Instant storeTime = answers.storeTimeOfSkew();
    return storeTime == null
        ? S3Credentials.mayBeRenewed(answers.code()) && credentials.renew(used)
        : signer.adoptClock(storeTime);
  }

  private AccessKey key(String what) throws StorageException {
    try {
      return credentials.current();
    } catch (SdkException | IllegalStateException e) {
      throw badCredentials(what, e);
    }
  }

  private StorageException badCredentials(String what, Exception failure) {
    return Thread.currentThread().isInterrupted()
        ? new StorageException(Kind.CANCELLED, what + " was interrupted", failure)
        : errors.badCredentials(what, failure);
  }
}
