// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.namespace;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A name in a listing.
 *
 * @param name the last segment of its key
 * @param kind what it leads to
 * @param version of the object; null for a directory
 * @param asOf when the store was asked, as of {@link System#nanoTime}
 * @param trusted false once the store, asked for this name later, had the last word
 */
public record ListedEntry(
    String name, FileKind kind, @Nullable ObjectVersion version, long asOf, boolean trusted) {

  void write(DataOutput to) throws IOException {
    to.writeUTF(name);
    kind.write(to);
    to.writeBoolean(trusted);
    if (version != null) {
      version.write(to);
    }
  }

  /** Reads what {@link #write} wrote. */
  static ListedEntry read(DataInput from, long asOf) throws IOException {
    String name = from.readUTF();
    FileKind kind = FileKind.read(from);
    boolean trusted = from.readBoolean();
    return new ListedEntry(
        name, kind, kind == FileKind.DIRECTORY ? null : ObjectVersion.read(from), asOf, trusted);
  }
}
