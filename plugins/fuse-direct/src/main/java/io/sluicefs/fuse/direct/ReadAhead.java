// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.fuse.direct;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** How far the Linux kernel reads ahead in the files of a mount. */
final class ReadAhead {
  private static final System.Logger LOG = System.getLogger(ReadAhead.class.getName());

  private ReadAhead() {}

  /**
   * Lets the kernel read ahead so far: when both sides agree on the protocol it only ever lowers
   * what it starts with, 128 KiB. Only root can, and it is not essential.
   *
   * @param device of the mount, {@code major:minor}; null if it is not known
   */
  static void set(@Nullable String device, int bytes) {
    if (device == null || LibC.effectiveUser() != 0) {
      return;
    }
    try {
      Files.writeString(
          Path.of("/sys/class/bdi", device, "read_ahead_kb"), Integer.toString(bytes / 1024));
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "readahead stays at the kernel''s default: {0}", e);
    }
  }
}
