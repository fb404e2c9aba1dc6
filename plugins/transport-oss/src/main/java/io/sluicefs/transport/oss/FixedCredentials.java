// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.common.auth.Credentials;

/**
 * Credentials that stay.
 *
 * @param credentials them
 */
record FixedCredentials(OssCredentials credentials) implements CredentialSource {
  @Override
  public Credentials get() {
    return credentials;
  }

  @Override
  public boolean reject(Credentials rejected) {
    return false;
  }
}
