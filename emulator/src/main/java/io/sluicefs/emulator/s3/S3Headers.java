// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.emulator.s3;

import io.sluicefs.emulator.StoreException;
import io.sluicefs.emulator.StoredObject;
import io.sluicefs.emulator.http.Conditionals;
import io.sluicefs.emulator.http.KeptHeaders;
import io.sluicefs.emulator.http.RequestHead;
import io.sluicefs.emulator.store.ObjectHeaders;
import io.sluicefs.emulator.store.Precondition;

/** What the headers of a write say about the object. */
final class S3Headers {
  private S3Headers() {}

  static ObjectHeaders of(RequestHead head) {
    return KeptHeaders.of(head, "x-amz-meta-", "x-amz-tagging");
  }

  /** If-None-Match and If-Match of a write. */
  static Precondition precondition(RequestHead head) {
    String noneMatch = head.header("if-none-match");
    String match = head.header("if-match");
    return current -> {
      if (noneMatch != null && current != null && Conditionals.names(noneMatch, current.etag())) {
        throw failed();
      }
      if (match != null) {
        if (current == null) {
          throw new StoreException(404, "NoSuchKey", "The specified key does not exist.");
        }
        if (!Conditionals.names(match, current.etag())) {
          throw failed();
        }
      }
    };
  }

  /** Refuses a copy whose source is not as its client expects. */
  static void checkCopySource(RequestHead head, StoredObject source) {
    if (Conditionals.of(head, "x-amz-copy-source-").verdict(source)
        != Conditionals.Verdict.PROCEED) {
      throw failed();
    }
  }

  private static StoreException failed() {
    return new StoreException(
        412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold");
  }
}
