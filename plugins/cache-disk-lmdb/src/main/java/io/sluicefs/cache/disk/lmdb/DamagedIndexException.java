// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.cache.disk.lmdb;

import java.io.IOException;

/** The index is not one LMDB can work with. */
final class DamagedIndexException extends IOException {
  private static final long serialVersionUID = 1L;

  DamagedIndexException(String message, Throwable cause) {
    super(message, cause);
  }

  DamagedIndexException(String message) {
    super(message);
  }
}
