// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import io.sluicefs.spi.StorageException;

/** OSS's word for a refusal, as the cause of the failure it became. */
final class OssRefusal extends Exception {
  private static final long serialVersionUID = 1L;

  OssRefusal(String code) {
    super(code, null, false, false);
  }

  /** Returns whether a failure is a refusal of such a code. */
  static boolean is(StorageException failure, String code) {
    return failure.getCause() instanceof OssRefusal refusal && code.equals(refusal.getMessage());
  }
}
