// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.common.auth.Credentials;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What requests are signed with.
 *
 * @param accessKeyId whose key it is; empty for unsigned requests
 * @param secret the key
 * @param token comes with temporary credentials; null for lasting ones
 * @param expiration when the store refuses them; null for never or unknown
 */
record OssCredentials(
    String accessKeyId, String secret, @Nullable String token, @Nullable Instant expiration)
    implements Credentials {
  /** Leaves requests unsigned. */
  static final OssCredentials ANONYMOUS = new OssCredentials("", "", null, null);

  @Override
  public String getAccessKeyId() {
    return accessKeyId;
  }

  @Override
  public String getSecretAccessKey() {
    return secret;
  }

  @Override
  public @Nullable String getSecurityToken() {
    return token;
  }

  @Override
  public boolean useSecurityToken() {
    return token != null;
  }

  @Override
  public String toString() {
    return "OssCredentials[expiration=" + expiration + "]";
  }
}
