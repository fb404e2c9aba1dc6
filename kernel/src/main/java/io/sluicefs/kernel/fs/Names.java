// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import io.sluicefs.kernel.namespace.Inode;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import java.nio.charset.StandardCharsets;

/** The names files may have, and the keys they lead to. */
final class Names {
  /** Longest name, as Linux has it. */
  static final int MAX_NAME_BYTES = 255;

  /** Longest key of S3 and OSS. */
  static final int MAX_KEY_BYTES = 1024;

  private Names() {}

  static void checkLength(String name) throws FuseException {
    if (isLonger(name, MAX_NAME_BYTES)) {
      throw new FuseException(Errno.ENAMETOOLONG);
    }
  }

  /** Returns the key of a name that is to be made. */
  static String keyOf(Inode parent, String name, boolean directory) throws FuseException {
    checkLength(name);
    if (name.indexOf('\uFFFD') >= 0) {
      // It would be hidden by the next listing.
      throw new FuseException(Errno.EINVAL);
    }
    String key = parent.key() + name + (directory ? "/" : "");
    if (isLonger(key, MAX_KEY_BYTES)) {
      throw new FuseException(Errno.ENAMETOOLONG);
    }
    return key;
  }

  private static boolean isLonger(String text, int bytes) {
    return text.length() > bytes
        || (text.length() > bytes / 3 && text.getBytes(StandardCharsets.UTF_8).length > bytes);
  }
}
