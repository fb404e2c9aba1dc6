// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** There is no room for more staged bytes: ENOSPC to a program. */
public final class StagingFullException extends IOException {
  private static final long serialVersionUID = 1L;

  StagingFullException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
