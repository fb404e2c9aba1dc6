// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.oss;

import com.aliyun.oss.common.auth.Credentials;
import com.aliyun.oss.common.auth.InvalidCredentialsException;
import com.aliyun.oss.common.auth.ProfileCredentialsProvider;
import io.sluicefs.http.AccessKey;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The SDK's profile file, which is read again now and then, as it may have changed. */
final class ProfileCredentials implements CredentialSource {
  private static final long READ_AGAIN_NANOS = TimeUnit.MINUTES.toNanos(5);

  private final Path file;
  private volatile @Nullable Held held;

  private record Held(AccessKey key, long since) {}

  ProfileCredentials(Path file) {
    this.file = file;
  }

  @Override
  public AccessKey get() throws StorageException {
    Held known = held;
    if (known != null && System.nanoTime() - known.since < READ_AGAIN_NANOS) {
      return known.key;
    }
    try {
      return read();
    } catch (StorageException e) {
      if (known == null) {
        throw e;
      }
      // The store says whether they are still good.
      held = new Held(known.key, System.nanoTime());
      return known.key;
    }
  }

  private AccessKey read() throws StorageException {
    Credentials credentials = null;
    try {
      if (Files.isReadable(file)) {
        // Forgotten with what it read, as it keeps that as text.
        credentials = new ProfileCredentialsProvider(file.toString()).getCredentials();
      }
    } catch (InvalidCredentialsException e) {
      throw failure(String.valueOf(e.getMessage()));
    }
    if (credentials == null) {
      throw failure("it cannot be read");
    }
    AccessKey key =
        AccessKey.of(
            credentials.getAccessKeyId(),
            credentials.getSecretAccessKey(),
            credentials.useSecurityToken() ? credentials.getSecurityToken() : null,
            null);
    held = new Held(key, System.nanoTime());
    return key;
  }

  private StorageException failure(String problem) {
    return new StorageException(
        Kind.BAD_CREDENTIALS,
        "credentials of %s: %s; expected oss_access_key_id and oss_secret_access_key under [default]"
            .formatted(file, problem));
  }

  @Override
  public boolean reject(AccessKey rejected) {
    try {
      return !read().isSameAs(rejected);
    } catch (StorageException e) {
      return false;
    }
  }
}
