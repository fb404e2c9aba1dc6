// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import io.sluicefs.kernel.namespace.Inode;
import io.sluicefs.kernel.namespace.KeyNames;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import java.util.List;

/** The names files may have, and the keys they lead to, as errnos. */
final class Names {
  private Names() {}

  static void checkLength(String name) throws FuseException {
    if (KeyNames.utf8Length(name) > KeyNames.MAX_NAME_BYTES) {
      throw new FuseException(Errno.ENAMETOOLONG);
    }
  }

  /** Returns the keys a name may have: that of a file and that of a directory. */
  static List<String> keysOf(Inode parent, String name) {
    String key = parent.key() + name;
    return List.of(key, key + "/");
  }

  /** Returns the key of a name that is to be made. */
  static String keyOf(Inode parent, String name, boolean directory) throws FuseException {
    checkLength(name);
    if (!KeyNames.isName(name)) {
      // It would be hidden by the next listing.
      throw new FuseException(Errno.EINVAL);
    }
    String key = parent.key() + name + (directory ? "/" : "");
    if (KeyNames.utf8Length(key) > KeyNames.MAX_KEY_BYTES) {
      throw new FuseException(Errno.ENAMETOOLONG);
    }
    return key;
  }
}
