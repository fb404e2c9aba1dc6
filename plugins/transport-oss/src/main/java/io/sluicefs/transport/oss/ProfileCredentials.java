// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.common.auth.Credentials;
import com.aliyun.oss.common.auth.InvalidCredentialsException;
import com.aliyun.oss.common.auth.ProfileCredentialsProvider;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.nio.file.Files;
import java.nio.file.Path;

/** The SDK's profile file, which it reads again when it changes. */
final class ProfileCredentials implements CredentialSource {
  private final Path file;
  private final ProfileCredentialsProvider provider;

  ProfileCredentials(Path file) {
    this.file = file;
    provider = new ProfileCredentialsProvider(file.toString());
  }

  @Override
  public Credentials get() throws StorageException {
    Credentials credentials = null;
    try {
      if (Files.isReadable(file)) {
        credentials = provider.getCredentials();
      }
    } catch (InvalidCredentialsException e) {
      throw failure(String.valueOf(e.getMessage()));
    }
    if (credentials == null) {
      throw failure("it cannot be read");
    }
    return credentials;
  }

  private StorageException failure(String problem) {
    return new StorageException(
        Kind.BAD_CREDENTIALS,
        "credentials of %s: %s; expected oss_access_key_id and oss_secret_access_key under [default]"
            .formatted(file, problem));
  }

  @Override
  public boolean reject(Credentials rejected) {
    try {
      provider.refresh();
      return !get().getAccessKeyId().equals(rejected.getAccessKeyId());
    } catch (StorageException | InvalidCredentialsException e) {
      return false;
    }
  }
}
