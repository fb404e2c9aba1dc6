// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.kernel.namespace.DirectoryReader;
import io.sluicefs.kernel.namespace.Inode;
import io.sluicefs.kernel.namespace.Namespace;
import io.sluicefs.kernel.namespace.SlotTable;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An open directory. Its listing begins with the first entry asked for, and anew at a rewind. */
final class DirectoryHandle implements SlotTable.Numbered, AutoCloseable {
  private final long number;
  private final Inode inode;
  private final Namespace namespace;

  @GuardedBy("this")
  private @Nullable DirectoryReader reader;

  /** What the store did not have when the listing began. */
  @GuardedBy("this")
  private List<Inode> local = List.of();

  @GuardedBy("this")
  private boolean advanced;

  @GuardedBy("this")
  private boolean closed;

  DirectoryHandle(long number, Inode inode, Namespace namespace) {
    this.number = number;
    this.inode = inode;
    this.namespace = namespace;
  }

  @Override
  public long number() {
    return number;
  }

  Inode inode() {
    return inode;
  }

  /**
   * Returns the reader of its listing, or null if the handle is closed; it is this handle's to
   * close. Offset 0, after entries were read, is rewinddir(3): it lists the directory anew.
   */
  synchronized @Nullable DirectoryReader readerAt(long offset) {
    if (closed) {
      return null;
    }
    if (reader != null && offset == 0 && advanced) {
      reader.close();
      reader = null;
    }
    if (reader == null) {
      // First, so that what is stored meanwhile is in one of the two.
      local = namespace.local(inode);
      reader = namespace.list(inode);
      advanced = false;
    }
    return reader;
  }

  synchronized void write(DataOutput to) throws IOException {
    to.writeLong(number);
    to.writeLong(inode.number());
    to.writeBoolean(reader != null);
    if (reader != null) {
      namespace.write(reader, to);
      to.writeBoolean(advanced);
      to.writeInt(local.size());
      for (Inode unlisted : local) {
        to.writeLong(unlisted.number());
      }
    }
  }

  /** Reads what {@link #write} wrote. */
  static DirectoryHandle read(DataInput from, Duration since, Namespace namespace)
      throws IOException {
    long number = from.readLong();
    long directory = from.readLong();
    Inode inode = namespace.inode(directory);
    if (inode == null || !inode.isDirectory()) {
      throw new IOException("open directory " + directory + " is missing");
    }
    DirectoryHandle handle = new DirectoryHandle(number, inode, namespace);
    if (from.readBoolean()) {
      handle.restore(from, since);
    }
    return handle;
  }

  private synchronized void restore(DataInput from, Duration since) throws IOException {
    reader = namespace.readReader(inode, since, from);
    advanced = from.readBoolean();
    List<Inode> unlisted = new ArrayList<>();
    for (int left = from.readInt(); left > 0; left--) {
      Inode known = namespace.inode(from.readLong());
      if (known != null) {
        unlisted.add(known);
      }
    }
    local = unlisted;
  }

  /** Returns the inodes the store may not have listed. */
  synchronized List<Inode> local() {
    return local;
  }

  synchronized void advanced() {
    advanced = true;
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (reader != null) {
      reader.close();
    }
  }
}
