// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import io.sluicefs.kernel.namespace.CapacityException;
import io.sluicefs.kernel.namespace.DirectoryReader;
import io.sluicefs.kernel.namespace.FileKind;
import io.sluicefs.kernel.namespace.Inode;
import io.sluicefs.kernel.namespace.ListedEntry;
import io.sluicefs.kernel.namespace.Namespace;
import io.sluicefs.kernel.namespace.SlotTable;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.fuse.DirectorySink;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.OpenFile;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The open directories of a mount, and reading them. */
final class OpenDirectories implements AutoCloseable {
  private static final int MAX_HANDLES = 1 << 20;

  /** Says to Linux that the inode number of a name is not known yet. */
  private static final long UNKNOWN_INODE = 0xffffffffL;

  /** Says that the type of a name is not known yet. Source: DT_UNKNOWN of dirent.h. */
  private static final int UNKNOWN_TYPE = 0;

  /** Offsets of a directory: {@code .}, {@code ..}, then its entries. */
  private static final int FIRST_ENTRY = 2;

  /** What became of an offset. */
  private enum Outcome {
    ADDED,
    /** Nothing is shown there. */
    SKIPPED,
    /** There is nothing more, or no room for it. */
    END
  }

  private final Namespace namespace;
  private final ErrnoMapping errnos;
  private final SlotTable<DirectoryHandle> handles = new SlotTable<>(MAX_HANDLES);

  OpenDirectories(Namespace namespace, ErrnoMapping errnos) {
    this.namespace = namespace;
    this.errnos = errnos;
  }

  int count() {
    return handles.size();
  }

  OpenFile open(Inode directory) throws FuseException {
    DirectoryHandle handle =
        handles.add(number -> new DirectoryHandle(number, directory, namespace));
    if (handle == null) {
      throw new FuseException(Errno.EMFILE);
    }
    namespace.openDirectory(directory);
    return new OpenFile(handle.number(), false, false);
  }

  void list(long number, long offset, DirectorySink sink, boolean plus) throws FuseException {
    DirectoryHandle handle = handles.get(number);
    DirectoryReader reader = handle == null ? null : handle.readerAt(offset);
    if (handle == null || reader == null) {
      throw new FuseException(Errno.EBADF);
    }
    if (offset < 0 || offset > Integer.MAX_VALUE) {
      throw new FuseException(Errno.EINVAL);
    }
    Inode directory = handle.inode();
    int at = (int) offset;
    try {
      for (boolean some = false; ; ) {
        if (some && !reader.has(at - FIRST_ENTRY)) {
          // What is there is answered now; waiting for the next page is for the next call.
          return;
        }
        Outcome outcome = add(handle, reader, at, sink, plus);
        if (outcome == Outcome.END) {
          return;
        }
        at++;
        // An answer without entries would be the end of the directory.
        if (outcome == Outcome.ADDED && at > FIRST_ENTRY && !some) {
          some = true;
          handle.advanced();
        }
      }
    } catch (StorageException e) {
      throw errnos.ofName("readdir", directory.key(), e);
    } catch (CapacityException e) {
      throw errnos.ofLimit("readdir", directory.key(), e);
    }
  }

  /** Adds the entry at an offset. */
  private Outcome add(
      DirectoryHandle handle, DirectoryReader reader, int at, DirectorySink sink, boolean plus)
      throws StorageException {
    Inode directory = handle.inode();
    long next = at + 1L;
    if (at < FIRST_ENTRY) {
      Inode dots = at == 0 ? directory : directory.parent();
      return add(at == 0 ? "." : "..", dots, next, sink, plus);
    }
    ListedEntry listed = reader.entry(at - FIRST_ENTRY);
    if (listed == null) {
      return addLocal(handle, reader, at - FIRST_ENTRY - reader.size(), next, sink, plus);
    }
    if (namespace.isGone(directory, listed)) {
      return Outcome.SKIPPED;
    }
    Inode inode =
        plus && listed.kind() != FileKind.SYMLINK ? namespace.lookup(directory, listed) : null;
    if (inode == null) {
      long known = namespace.knownNumber(directory, listed.name());
      return outcome(
          sink.add(
              listed.name(),
              known == 0 ? UNKNOWN_INODE : known,
              namespace.mayBeLink(listed) ? UNKNOWN_TYPE : listed.kind().typeBits(),
              next));
    }
    boolean fits = sink.add(listed.name(), namespace.entry(inode), next);
    if (!fits) {
      namespace.forget(inode, 1);
    }
    return outcome(fits);
  }

  private static Outcome outcome(boolean fits) {
    return fits ? Outcome.ADDED : Outcome.END;
  }

  /** Adds what only this mount knows; the listing is at its end. */
  private Outcome addLocal(
      DirectoryHandle handle,
      DirectoryReader reader,
      int index,
      long next,
      DirectorySink sink,
      boolean plus) {
    List<Inode> local = handle.local();
    if (index >= local.size()) {
      return Outcome.END;
    }
    Inode inode = local.get(index);
    if (reader.lists(inode.name()) || inode.isDetached() || !namespace.tryHold(inode)) {
      return Outcome.SKIPPED;
    }
    Outcome outcome = add(inode.name(), inode, next, sink, plus);
    if (outcome == Outcome.END || !plus) {
      namespace.forget(inode, 1);
    }
    return outcome;
  }

  private Outcome add(String name, Inode inode, long next, DirectorySink sink, boolean plus) {
    return outcome(
        plus
            ? sink.add(name, namespace.entry(inode), next)
            : sink.add(name, inode.number(), inode.kind().typeBits(), next));
  }

  void close(long number) {
    DirectoryHandle handle = handles.get(number);
    if (handle != null && handles.remove(handle)) {
      handle.close();
      namespace.closed(handle.inode());
    }
  }

  /** Writes down those that are open. */
  void write(DataOutput to) throws IOException {
    Slots.write(to, handles.uses());
    List<DirectoryHandle> all = new ArrayList<>();
    handles.forEach(all::add);
    to.writeInt(all.size());
    for (DirectoryHandle handle : all) {
      handle.write(to);
    }
  }

  /** Opens those of another process, in a table without handles. */
  void restore(int[] uses, List<DirectoryHandle> all) throws IOException {
    Slots.restore(handles, uses, all);
    all.forEach(handle -> namespace.reopened(handle.inode()));
  }

  @Override
  public void close() {
    handles.forEach(handle -> close(handle.number()));
  }
}
