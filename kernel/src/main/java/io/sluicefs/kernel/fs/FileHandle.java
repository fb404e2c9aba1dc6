// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.kernel.namespace.Inode;
import io.sluicefs.kernel.namespace.SlotTable;
import io.sluicefs.kernel.write.WrittenFile;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * An open file. It reads by a session of the version it was opened with, or of the one that was
 * stored through this mount since.
 */
final class FileHandle implements SlotTable.Numbered {
  private final long number;
  private final Inode inode;
  private final boolean writable;
  private final @Nullable WrittenFile written;
  private final WritingProcesses processes;

  @GuardedBy("this")
  private @Nullable HandleSession session;

  @GuardedBy("this")
  private boolean closed;

  /** Whether a descriptor was closed and nothing was read or written since. */
  private volatile boolean flushed;

  /**
   * Creates a handle.
   *
   * @param written what it shares with the other handles of a file that is being written; null for
   *     a handle that only reads what is stored
   * @param opener the thread that opened it
   */
  FileHandle(
      long number, Inode inode, boolean writable, @Nullable WrittenFile written, int opener) {
    this.number = number;
    this.inode = inode;
    this.writable = writable;
    this.written = written;
    this.processes = new WritingProcesses(writable ? opener : 0);
  }

  private FileHandle(Left left, Inode inode, @Nullable WrittenFile written) {
    this.number = left.number;
    this.inode = inode;
    this.writable = left.writable;
    this.written = written;
    this.processes = left.processes;
    this.flushed = left.flushed;
  }

  /**
   * A handle that another process has left.
   *
   * @param inode its number
   * @param writes whether the file is being written, be it by others
   */
  record Left(
      long number,
      long inode,
      boolean writable,
      boolean writes,
      boolean flushed,
      WritingProcesses processes) {
    /** Reads what {@link FileHandle#write} wrote. */
    static Left read(DataInput from) throws IOException {
      return new Left(
          from.readLong(),
          from.readLong(),
          from.readBoolean(),
          from.readBoolean(),
          from.readBoolean(),
          WritingProcesses.read(from));
    }

    /** Returns the handle; it reads by a session of its own when it is first read from. */
    FileHandle open(Inode of, @Nullable WrittenFile file) {
      return new FileHandle(this, of, file);
    }
  }

  void write(DataOutput to) throws IOException {
    to.writeLong(number);
    to.writeLong(inode.number());
    to.writeBoolean(writable);
    to.writeBoolean(written != null);
    to.writeBoolean(flushed);
    processes.write(to);
  }

  @Override
  public long number() {
    return number;
  }

  Inode inode() {
    return inode;
  }

  boolean isWritable() {
    return writable;
  }

  @Nullable WrittenFile written() {
    return written;
  }

  WritingProcesses processes() {
    return processes;
  }

  /** Notes that a descriptor was closed. */
  void flushed() {
    flushed = true;
  }

  /** Notes that it is used. */
  void used() {
    // Read first: this is on the way of every read and write.
    if (flushed) {
      flushed = false;
    }
  }

  /** Returns whether it seems that its last descriptor was closed. */
  boolean isClosing() {
    return flushed;
  }

  synchronized @Nullable HandleSession session() {
    return session;
  }

  /** Takes a session over; the one before ends with its last use. */
  void adopt(HandleSession next) {
    HandleSession before;
    synchronized (this) {
      before = closed ? next : session;
      if (!closed) {
        session = next;
      }
    }
    if (before != null) {
      before.end();
    }
  }

  /** Ends the session with its last use. */
  void close() {
    HandleSession last;
    synchronized (this) {
      closed = true;
      last = session;
      session = null;
    }
    if (last != null) {
      last.end();
    }
  }
}
