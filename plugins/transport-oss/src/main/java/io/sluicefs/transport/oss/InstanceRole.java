// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import io.sluicefs.http.AccessKey;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.net.URI;
import java.util.Map;

/**
 * The RAM role of an ECS instance, from its metadata service. The SDK's own class for this cannot
 * talk to instances in security-hardened mode, which ask for a session token first.
 */
final class InstanceRole implements RenewedCredentials.Fetch {
  private static final String ROLES = "/latest/meta-data/ram/security-credentials/";

  private final URI endpoint;
  private final String role;

  /**
   * Creates a source.
   *
   * @param role the role; empty to ask the instance
   */
  InstanceRole(URI endpoint, String role) {
    this.endpoint = endpoint;
    this.role = role;
  }

  @Override
  public AccessKey fetch() throws StorageException {
    Map<String, String> session = session();
    String name =
        role.isEmpty()
            ? MetadataHttp.send(this, "GET", endpoint.resolve(ROLES), session, "").strip()
            : role;
    if (!name.matches("[A-Za-z0-9._-]+")) {
      throw new StorageException(
          Kind.BAD_CREDENTIALS, this + " named no role; give the instance a RAM role");
    }
    String json = MetadataHttp.send(this, "GET", endpoint.resolve(ROLES + name), session, "");
    return CredentialJson.parse(this, json, null);
  }

  /** Returns the headers of a session; none where the service does not know sessions. */
  private Map<String, String> session() {
    try {
      String token =
          MetadataHttp.send(
              this,
              "PUT",
              endpoint.resolve("/latest/api/token"),
              Map.of("X-aliyun-ecs-metadata-token-ttl-seconds", "60"),
              "");
      return Map.of("X-aliyun-ecs-metadata-token", token.strip());
    } catch (StorageException e) {
      // The request that follows says what is wrong.
      return Map.of();
    }
  }

  @Override
  public String toString() {
    return "the ECS instance's metadata service";
  }
}
