// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.http;

import java.io.IOException;

/** An answer is not HTTP, or not the bytes asked for. */
final class MalformedAnswerException extends IOException {
  private static final long serialVersionUID = 1L;

  MalformedAnswerException(String message) {
    super(message);
  }
}
