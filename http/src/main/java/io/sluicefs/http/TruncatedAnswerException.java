// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.io.IOException;

/** The connection ended before the answer did. */
final class TruncatedAnswerException extends IOException {
  private static final long serialVersionUID = 1L;

  TruncatedAnswerException(String message) {
    super(message);
  }
}
