// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import io.sluicefs.http.AccessKey;
import io.sluicefs.http.ErrorAnswer;
import io.sluicefs.http.ErrorAnswers;
import io.sluicefs.http.Request;
import io.sluicefs.spi.StorageException;
import org.jspecify.annotations.Nullable;

/** One sending of a request, and what OSS said against it. Not thread-safe. */
final class OssAttempt implements ErrorAnswers {
  private final String what;
  private final OssEndpoint endpoint;
  private final AccessKey key;
  private volatile @Nullable OssError error;

  /**
   * Creates an attempt.
   *
   * @param what what is asked, for errors
   */
  OssAttempt(String what, OssEndpoint endpoint, AccessKey key) {
    this.what = what;
    this.endpoint = endpoint;
    this.key = key;
  }

  /** Returns what the request was signed with. */
  AccessKey key() {
    return key;
  }

  /** Returns what OSS said, or null if the request did not fail by an answer of the store. */
  @Nullable OssError error() {
    return error;
  }

  StorageException failure(ErrorAnswer answer) {
    OssError read = OssError.of(answer);
    error = read;
    return read.toException(what, endpoint);
  }

  @Override
  public StorageException toException(Request request, ErrorAnswer answer) {
    return failure(answer);
  }
}
