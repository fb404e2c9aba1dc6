// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import io.sluicefs.http.AccessKey;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/** A RAM role, taken on with an OIDC token, as the pods of a Kubernetes cluster do. */
final class OidcRole implements RenewedCredentials.Fetch {
  private final URI endpoint;
  private final String roleArn;
  private final String providerArn;
  private final Path tokenFile;

  OidcRole(URI endpoint, String roleArn, String providerArn, Path tokenFile) {
    this.endpoint = endpoint;
    this.roleArn = roleArn;
    this.providerArn = providerArn;
    this.tokenFile = tokenFile;
  }

  @Override
  public AccessKey fetch() throws StorageException {
    Map<String, String> form = new LinkedHashMap<>();
    form.put("Action", "AssumeRoleWithOIDC");
    form.put("Version", "2015-04-01");
    form.put("Format", "JSON");
    form.put("Timestamp", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    form.put("SignatureNonce", UUID.randomUUID().toString());
    form.put("RoleArn", roleArn);
    form.put("OIDCProviderArn", providerArn);
    form.put("OIDCToken", token());
    form.put("RoleSessionName", "sluice");
    String body =
        form.entrySet().stream()
            .map(field -> field.getKey() + "=" + encoded(field.getValue()))
            .collect(Collectors.joining("&"));
    Map<String, String> headers = Map.of("Content-Type", "application/x-www-form-urlencoded");
    String json = MetadataHttp.send(this, "POST", endpoint.resolve("/"), headers, body);
    return CredentialJson.parse(this, json, "Credentials");
  }

  private String token() throws StorageException {
    try {
      return Files.readString(tokenFile).strip();
    } catch (IOException e) {
      throw new StorageException(
          Kind.BAD_CREDENTIALS, "the OIDC token in " + tokenFile + " cannot be read: " + e, e);
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return "STS, asked for the role " + roleArn + ",";
  }
}
