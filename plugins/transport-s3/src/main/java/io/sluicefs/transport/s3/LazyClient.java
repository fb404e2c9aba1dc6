// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.transport.s3;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * The SDK's client, made when it is first needed: a mount that reads, or writes small files, never
 * loads its thousand classes. Thread-safe.
 */
final class LazyClient implements Supplier<S3Client>, AutoCloseable {
  private final Supplier<S3Client> making;

  @GuardedBy("this")
  private @Nullable S3Client made;

  LazyClient(Supplier<S3Client> making) {
    this.making = making;
  }

  @Override
  public synchronized S3Client get() {
    S3Client known = made;
    if (known == null) {
      known = making.get();
      made = known;
    }
    return known;
  }

  @Override
  public synchronized void close() {
    if (made != null) {
      made.close();
    }
  }
}
