// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import io.sluicefs.http.AccessKey;
import io.sluicefs.spi.StorageException;

/** Where credentials come from. Thread-safe. */
interface CredentialSource {
  /** Returns credentials that are good now; usually without delay. */
  AccessKey get() throws StorageException;

  /**
   * Hears that the store did not accept credentials.
   *
   * @return whether {@link #get} may return others now
   */
  boolean reject(AccessKey rejected);
}
