// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import io.sluicefs.spi.fuse.Attributes;
import io.sluicefs.spi.transport.ObjectStat;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

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

  void write(DataOutput to) throws IOException {
    to.writeByte(
        switch (this) {
          case DIRECTORY -> 'd';
          case FILE -> 'f';
          case SYMLINK -> 'l';
        });
  }

  /** Reads what {@link #write} wrote. */
  static FileKind read(DataInput from) throws IOException {
    int letter = from.readByte();
    return switch (letter) {
      case 'd' -> DIRECTORY;
      case 'f' -> FILE;
      case 'l' -> SYMLINK;
      default -> throw new IOException("there is no kind " + letter + " of names");
    };
  }

  static FileKind of(ObjectStat.Type type) {
    return switch (type) {
      case DATA -> FILE;
      case SYMLINK -> SYMLINK;
    };
  }
}
