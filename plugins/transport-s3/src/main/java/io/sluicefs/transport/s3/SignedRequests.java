// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.time.Instant;
import java.util.Map;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpMethod;

/**
 * Signs the requests that are sent past the SDK's client; one the store refuses because of this
 * machine's clock is sent again with the store's time.
 */
final class SignedRequests {
  /** What is done with a signature. */
  @FunctionalInterface
  interface Sending<T> {
    T send(Map<String, String> signedHeaders) throws StorageException;
  }

  private final S3Signer signer;
  private final S3Errors errors;

  SignedRequests(S3Signer signer, S3Errors errors) {
    this.signer = signer;
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
    try {
      return sending.send(sign(answers.what(), method, path, query, headers));
    } catch (StorageException e) {
      Instant storeTime = answers.storeTimeOfSkew();
      if (storeTime == null || !signer.adoptClock(storeTime)) {
        throw e;
      }
      return sending.send(sign(answers.what(), method, path, query, headers));
    }
  }

  private Map<String, String> sign(
      String what,
      SdkHttpMethod method,
      String path,
      Map<String, String> query,
      Map<String, String> headers)
      throws StorageException {
    try {
      return signer.sign(method, path, query, headers);
    } catch (SdkException | IllegalStateException e) {
      throw Thread.currentThread().isInterrupted()
          ? new StorageException(Kind.CANCELLED, what + " was interrupted", e)
          : errors.badCredentials(what, e);
    }
  }
}
