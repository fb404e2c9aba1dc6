// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import io.sluicefs.spi.fuse.Attributes;
import io.sluicefs.spi.transport.ObjectStat;

/** What a name leads to. */
public enum FileKind {
  /** A prefix others share, or a marker object whose key ends with a slash. */
  DIRECTORY(Attributes.DIRECTORY),
  /** An object with bytes. */
  FILE(Attributes.REGULAR),
  /** An object that points to another. */
  SYMLINK(Attributes.SYMLINK);

  private final int typeBits;

  FileKind(int typeBits) {
    this.typeBits = typeBits;
  }

  /** Returns the type bits of a mode. */
  public int typeBits() {
    return typeBits;
  }

  static FileKind of(ObjectStat.Type type) {
    return switch (type) {
      case DATA -> FILE;
      case SYMLINK -> SYMLINK;
    };
  }
}
