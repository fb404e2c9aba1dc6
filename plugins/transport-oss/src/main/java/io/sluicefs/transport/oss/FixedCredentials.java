// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import io.sluicefs.http.AccessKey;

/**
 * Credentials that stay.
 *
 * @param key them
 */
record FixedCredentials(AccessKey key) implements CredentialSource {
  @Override
  public AccessKey get() {
    return key;
  }

  @Override
  public boolean reject(AccessKey rejected) {
    return false;
  }
}
