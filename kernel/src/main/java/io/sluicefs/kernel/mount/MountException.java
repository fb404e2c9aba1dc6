// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import org.jspecify.annotations.Nullable;

/** Mounting or unmounting failed. The message is one line for a person: what, where, what to do. */
public final class MountException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Creates an exception. */
  public MountException(String message) {
    this(message, null);
  }

  /** Creates an exception with the failure that caused it. */
  public MountException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
