// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.mount;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What is mounted where, as far as is known while plugins are opened. Thread-safe. */
final class Place {
  private final @Nullable Path mountpoint;
  private volatile @Nullable String location;

  /** Creates the place of a mount, or of none. */
  Place(@Nullable Path mountpoint) {
    this.mountpoint = mountpoint;
  }

  Optional<Path> mountpoint() {
    return Optional.ofNullable(mountpoint);
  }

  /** Says where the bucket is, as its transport does. */
  void locate(String bucket) {
    location = bucket;
  }

  String location() {
    String known = location;
    if (known == null) {
      throw new IllegalStateException("the transport is not open");
    }
    return known;
  }
}
