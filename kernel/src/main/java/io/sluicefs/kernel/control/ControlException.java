// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.control;

import java.io.IOException;

/** A question to a mount could not be answered; the message is one line for a person. */
public final class ControlException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception. */
  public ControlException(String message) {
    super(message);
  }

  /** Creates an exception with what caused it. */
  public ControlException(String message, Throwable cause) {
    super(message, cause);
  }
}
