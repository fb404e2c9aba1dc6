// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.fs;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.kernel.namespace.Inode;
import io.sluicefs.kernel.namespace.Namespace;
import io.sluicefs.kernel.namespace.SlotTable;
import io.sluicefs.kernel.write.FileWriters;
import io.sluicefs.kernel.write.StoredObject;
import io.sluicefs.kernel.write.WrittenFile;
import io.sluicefs.kernel.write.WrittenState;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.fuse.Errno;
import io.sluicefs.spi.fuse.FuseException;
import io.sluicefs.spi.fuse.OpenFile;
import io.sluicefs.spi.fuse.ReadReply;
import io.sluicefs.spi.transport.ObjectStat;
import java.io.DataOutput;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The open files of a mount: opening, reading, writing, storing and closing them. */
final class OpenFiles implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.sluicefs.kernel.fs");
  private static final int MAX_HANDLES = 1 << 20;

  /** How long a file that is removed may take to be released after it was closed. */
  private static final long CLOSING_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  // Source: asm-generic/fcntl.h.
  private static final int O_ACCMODE = 3;
  private static final int O_TRUNC = 01000;

  private final Namespace namespace;
  private final FileWriters writers;
  private final FileReads reads;
  private final Removals removals;
  private final KeyClaims claims;
  private final ErrnoMapping errnos;

  /** Files that were written to and are not in the store. */
  private final AtomicInteger unstored = new AtomicInteger();

  /** Notified when a handle is released. */
  private final Object releases = new Object();

  private final SlotTable<FileHandle> handles = new SlotTable<>(MAX_HANDLES);

  OpenFiles(
      Namespace namespace,
      FileReads reads,
      FileWriters writers,
      Removals removals,
      KeyClaims claims,
      ErrnoMapping errnos) {
    this.namespace = namespace;
    this.reads = reads;
    this.writers = writers;
    this.removals = removals;
    this.claims = claims;
    this.errnos = errnos;
  }

  static boolean writes(int flags) {
    return (flags & O_ACCMODE) != 0 || (flags & O_TRUNC) != 0;
  }

  /** Returns how many files were written to, are closed, and are not in the store. */
  int unstored() {
    return unstored.get();
  }

  int count() {
    return handles.size();
  }

  FileHandle get(long number) throws FuseException {
    FileHandle known = handles.get(number);
    if (known == null) {
      throw new FuseException(Errno.EBADF);
    }
    return known;
  }

  OpenFile open(Inode inode, int flags, int opener) throws FuseException {
    boolean write = writes(flags);
    if (!write && inode.content() == null) {
      return openStored(inode);
    }
    try (KeyClaims.Claim _ = keepName(inode)) {
      return openWritten(inode, flags, opener);
    }
  }

  /**
   * Keeps the name of a file that is opened as it is: what is written would be stored under the
   * former one, as whoever changes names knows it by its handles.
   */
  private KeyClaims.Claim keepName(Inode inode) throws FuseException {
    return claims.claim(() -> List.of(inode.key()));
  }

  private OpenFile openWritten(Inode inode, int flags, int opener) throws FuseException {
    WrittenFile written = attach(inode);
    boolean done = false;
    try {
      if ((flags & O_TRUNC) != 0) {
        change(inode, "open", () -> written.truncate(0));
      }
      FileHandle handle = add(inode, writes(flags), written, opener);
      done = true;
      return new OpenFile(handle.number(), inode.markOpened(), false);
    } finally {
      if (!done) {
        letGo(inode, written);
      }
    }
  }

  private OpenFile openStored(Inode inode) throws FuseException {
    boolean counted = false;
    boolean done = false;
    try {
      int changes = inode.changes();
      ObjectId id = namespace.open(inode);
      counted = true;
      FileHandle handle = add(inode, false, null, 0);
      reads.openSession(handle, new StoredObject(id, inode.size()), changes);
      done = true;
      // What the page cache holds of an inode is of it, whatever was written through this mount.
      boolean keepCache = inode.markOpened();
      return new OpenFile(handle.number(), reads.trustsPages(id) && keepCache, false);
    } catch (StorageException e) {
      throw errnos.ofName("open", inode.key(), e);
    } finally {
      if (counted && !done) {
        namespace.closed(inode);
      }
    }
  }

  /** Opens a file that was just created, which is held by {@code written}. */
  OpenFile openCreated(Inode inode, WrittenFile written, int opener) throws FuseException {
    namespace.openLocal(inode);
    boolean done = false;
    try {
      FileHandle handle = add(inode, true, written, opener);
      done = true;
      return new OpenFile(handle.number(), inode.markOpened(), false);
    } finally {
      if (!done) {
        namespace.closed(inode);
      }
    }
  }

  private FileHandle add(Inode inode, boolean write, @Nullable WrittenFile written, int opener)
      throws FuseException {
    FileHandle handle =
        handles.add(number -> new FileHandle(number, inode, write, written, opener));
    if (handle == null) {
      throw new FuseException(Errno.EMFILE);
    }
    return handle;
  }

  /**
   * Returns what the handles of a file share while it is written, and counts one more of them; also
   * counts the inode open.
   *
   * @throws FuseException ESTALE if it was just given up: Linux looks the name up once more
   */
  @SuppressWarnings("MustBeClosedChecker") // the last handle closes it
  private WrittenFile attach(Inode inode) throws FuseException {
    try {
      if (inode.content() == null) {
        ObjectId _ = namespace.open(inode);
      } else {
        namespace.openLocal(inode);
      }
    } catch (StorageException e) {
      throw errnos.ofName("open", inode.key(), e);
    }
    synchronized (inode) {
      if (inode.content() instanceof WrittenFile known && !known.isGivenUp()) {
        known.addHandle();
        return known;
      }
      if (inode.content() == null && !inode.isDetached()) {
        return written(inode);
      }
    }
    try {
      awaitGivenUp(inode);
    } finally {
      closed(inode);
    }
    throw new FuseException(Errno.ESTALE);
  }

  @SuppressWarnings("MustBeClosedChecker") // the last handle closes it
  private WrittenFile written(Inode inode) {
    StoredObject stored = new StoredObject(namespace.object(inode), inode.size());
    WrittenFile written = writers.open(inode.key(), stored, false);
    written.describe(() -> namespace.metadata(inode));
    inode.setContent(written);
    return written;
  }

  /** Waits until the name of a file that could not be stored leads there no more. */
  private static void awaitGivenUp(Inode inode) throws FuseException {
    synchronized (inode) {
      try {
        while (!inode.isDetached()) {
          inode.wait();
        }
      } catch (InterruptedException e) {
        throw ErrnoMapping.ofInterrupt();
      }
    }
  }

  /** Takes back one {@link #attach}; the last stores what is not stored yet. */
  private void letGo(Inode inode, WrittenFile written) {
    while (!removeHandle(inode, written)) {
      storeLast(inode, written);
    }
    closed(inode);
  }

  /** Counts one handle less of a file, unless it is the last and the file is to be stored first. */
  private static boolean removeHandle(Inode inode, WrittenFile written) {
    synchronized (inode) {
      if (written.isLastHandle() && written.isDirty()) {
        return false;
      }
      written.removeHandle();
      return true;
    }
  }

  /**
   * Counts an inode closed once. What was written goes when no handle writes it any more; if its
   * name is gone, it is nowhere else, and goes when no handle reads it either.
   */
  private void closed(Inode inode) {
    namespace.closed(inode);
    WrittenFile unused = null;
    synchronized (inode) {
      if (inode.content() instanceof WrittenFile written
          && !written.hasHandles()
          && !(written.isDropped() && inode.isOpen())) {
        unused = written;
        inode.setContent(null);
      }
    }
    if (unused != null) {
      unused.close();
    }
    removals.closed(inode);
  }

  /**
   * Stores what was written after the last flush, as through a mapping, or keeps it. Whoever opened
   * the file meanwhile is the one to try again.
   */
  private void storeLast(Inode inode, WrittenFile written) {
    try {
      store(inode, written);
    } catch (FuseException e) {
      if (giveUpIfLast(inode, written)) {
        keep(inode, written, e);
      }
    }
  }

  /** Takes a file for gone, unless it is already or somebody else has it open. */
  private static boolean giveUpIfLast(Inode inode, WrittenFile written) {
    synchronized (inode) {
      boolean isGone = written.isLastHandle() && !written.isDropped();
      if (isGone) {
        written.giveUp();
      }
      return isGone;
    }
  }

  private void keep(Inode inode, WrittenFile written, FuseException failure) {
    if (namespace.isStored(inode)) {
      namespace.outdated(inode);
    } else {
      namespace.changes().removed(inode);
    }
    synchronized (inode) {
      inode.notifyAll();
    }
    unstored.incrementAndGet();
    String where = written.abandon("storing it failed with errno " + failure.errno());
    LOG.log(
        System.Logger.Level.ERROR,
        "{0} was closed and could not be stored: {1}",
        written.key(),
        where == null ? "what was written is lost" : "what was written is kept in " + where);
  }

  void read(long number, long offset, int length, ReadReply reply) throws FuseException {
    FileHandle handle = get(number);
    handle.used();
    reads.read(handle, offset, length, reply);
  }

  boolean readIfPresent(long number, long offset, int length, ReadReply reply)
      throws FuseException {
    FileHandle handle = get(number);
    handle.used();
    return reads.readIfPresent(handle, offset, length, reply);
  }

  void write(long number, long offset, MemorySegment data, int writer) throws FuseException {
    FileHandle handle = writable(number);
    WrittenFile written = handle.written();
    if (written == null || offset < 0) {
      throw new FuseException(Errno.EINVAL);
    }
    handle.used();
    handle.processes().wrote(writer);
    change(handle.inode(), "write", () -> written.write(offset, data));
    namespace.modified(handle.inode());
  }

  private FileHandle writable(long number) throws FuseException {
    FileHandle handle = get(number);
    if (!handle.isWritable()) {
      throw new FuseException(Errno.EBADF);
    }
    return handle;
  }

  /** A change of a file. */
  @FunctionalInterface
  interface Change {
    void make() throws IOException, InterruptedException;
  }

  private void change(Inode inode, String operation, Change change) throws FuseException {
    try {
      change.make();
    } catch (IOException e) {
      throw errnos.ofOpenFile(operation, inode.key(), e);
    } catch (InterruptedException e) {
      throw ErrnoMapping.ofInterrupt();
    }
  }

  /** Stores a file when a process that wrote it closes a descriptor. */
  void flush(long number, int closer) throws FuseException {
    FileHandle handle = get(number);
    WrittenFile written = handle.written();
    if (written != null
        && handle.isWritable()
        && written.isDirty()
        && handle.processes().contains(closer)
        && !isStillOpen(handle, written, closer)) {
      store(handle.inode(), written);
    }
    handle.flushed();
  }

  /**
   * Waits a moment for handles whose descriptors are closed: Linux says that a handle is gone only
   * after close has returned, and a file somebody has closed and then removes is to be gone.
   */
  void awaitClosing(Inode inode) throws FuseException {
    long deadline = System.nanoTime() + CLOSING_NANOS;
    synchronized (releases) {
      try {
        while (inode.isOpen() && seemsClosed(inode) && deadline - System.nanoTime() > 0) {
          TimeUnit.NANOSECONDS.timedWait(releases, deadline - System.nanoTime());
        }
      } catch (InterruptedException e) {
        throw ErrnoMapping.ofInterrupt();
      }
    }
  }

  private boolean seemsClosed(Inode inode) {
    boolean[] used = new boolean[1];
    handles.forEach(handle -> used[0] |= handle.inode() == inode && !handle.isClosing());
    return !used[0];
  }

  /**
   * Returns whether an empty file is about to be written: a shell that redirects output opens the
   * file, duplicates the descriptor and closes the first. The empty object would be one too many.
   */
  private static boolean isStillOpen(FileHandle handle, WrittenFile written, int closer) {
    return written.size() == 0
        && WritingProcesses.hasDescriptor(closer, handle.inode().name(), handle.inode().number());
  }

  void fsync(long number) throws FuseException {
    FileHandle handle = get(number);
    WrittenFile written = handle.written();
    if (written != null && written.isDirty()) {
      store(handle.inode(), written);
    }
  }

  /**
   * Stores a file, on a thread of its own: a caller who is interrupted gets EINTR, and what was
   * written is stored all the same.
   */
  private void store(Inode inode, WrittenFile written) throws FuseException {
    AtomicReference<@Nullable ObjectStat> made = new AtomicReference<>();
    change(
        inode,
        "storing",
        () ->
            Background.run(
                () -> {
                  List<String> former =
                      written.publish(
                          stat -> {
                            made.set(stat);
                            namespace.changes().published(inode, stat);
                          });
                  removals.removeFormer(former);
                }));
    ObjectStat stored = made.get();
    if (stored != null
        && namespace.keepsAttributes()
        && !stored.metadata().equals(namespace.metadata(inode))) {
      // They were set after the upload had begun.
      storeAttributes(inode);
    }
  }

  /** Stores the attributes of a file that is stored and not being changed; else they go with it. */
  void storeAttributes(Inode inode) throws FuseException {
    Map<String, String> metadata = namespace.metadata(inode);
    if (metadata.isEmpty() || !writers.copies()) {
      return;
    }
    try (KeyClaims.Claim _ = keepName(inode)) {
      change(inode, "storing attributes", () -> describe(inode, metadata));
    }
  }

  private void describe(Inode inode, Map<String, String> metadata)
      throws IOException, InterruptedException {
    if (inode.content() instanceof WrittenFile written) {
      ObjectStat _ =
          written.isDirty()
              ? null
              : written.rename(written.key(), (source, key) -> described(inode, source, metadata));
    } else {
      StoredObject stored = new StoredObject(namespace.object(inode), inode.size());
      ObjectStat _ = described(inode, stored, metadata);
    }
  }

  private ObjectStat described(Inode inode, StoredObject source, Map<String, String> metadata)
      throws StorageException {
    ObjectStat copy = writers.copy(source, source.id().key(), metadata);
    namespace.changes().published(inode, copy);
    return copy;
  }

  /** Cuts a file or makes it longer; {@code number} is that of the handle to do it by, or 0. */
  void truncate(Inode inode, long number, long size) throws FuseException {
    if (size < 0) {
      throw new FuseException(Errno.EINVAL);
    }
    FileHandle handle = number == 0 ? null : handles.get(number);
    WrittenFile open = handle == null || !handle.isWritable() ? null : handle.written();
    if (open != null) {
      change(inode, "truncate", () -> open.truncate(size));
      return;
    }
    try (KeyClaims.Claim _ = keepName(inode)) {
      truncateUnopened(inode, size);
    }
  }

  private void truncateUnopened(Inode inode, long size) throws FuseException {
    WrittenFile written = attach(inode);
    try {
      change(inode, "truncate", () -> written.truncate(size));
      if (written.isLastHandle() && written.isDirty()) {
        // Nobody will close a descriptor of it.
        store(inode, written);
      }
    } finally {
      letGo(inode, written);
    }
  }

  /** Makes a file at least {@code size} bytes long. */
  void extend(long number, long size) throws FuseException {
    FileHandle handle = writable(number);
    WrittenFile written = handle.written();
    if (written != null && written.size() < size) {
      change(handle.inode(), "fallocate", () -> written.truncate(size));
    }
  }

  /**
   * Copies all of one file into another that is empty, by letting the store do it when the other is
   * stored.
   *
   * @return bytes copied
   */
  long copy(long from, long offsetIn, long to, long offsetOut, long length) throws FuseException {
    FileHandle source = get(from);
    FileHandle target = writable(to);
    WrittenFile written = target.written();
    Inode inode = source.inode();
    if (written == null
        || !writers.copies()
        || inode.content() != null
        || offsetIn != 0
        || offsetOut != 0
        || length < inode.size()
        || inode.size() == 0) {
      throw new FuseException(Errno.ENOTSUP);
    }
    StoredObject stored = new StoredObject(namespace.object(inode), inode.size());
    boolean[] done = new boolean[1];
    change(target.inode(), "copy", () -> done[0] = written.beginWith(stored));
    if (!done[0]) {
      throw new FuseException(Errno.ENOTSUP);
    }
    return stored.size();
  }

  void release(long number) {
    try {
      end(number);
    } finally {
      synchronized (releases) {
        releases.notifyAll();
      }
    }
  }

  private void end(long number) {
    FileHandle handle = handles.get(number);
    if (handle == null || !handles.remove(handle)) {
      return;
    }
    handle.close();
    WrittenFile written = handle.written();
    if (written == null) {
      closed(handle.inode());
    } else {
      letGo(handle.inode(), written);
    }
  }

  /** Visits the files that are being written. */
  void forEachWritten(Consumer<FileHandle> visitor) {
    handles.forEach(
        handle -> {
          if (handle.written() != null) {
            visitor.accept(handle);
          }
        });
  }

  /** Returns how many handles the files have that are being written. */
  Map<WrittenFile, Integer> handlesOfWritten() {
    Map<WrittenFile, Integer> counts = new HashMap<>();
    handles.forEach(
        handle -> {
          WrittenFile written = handle.written();
          if (written != null) {
            counts.merge(written, 1, Integer::sum);
          }
        });
    return counts;
  }

  /** Writes down the handles. */
  void write(DataOutput to) throws IOException {
    Slots.write(to, handles.uses());
    List<FileHandle> all = new ArrayList<>();
    handles.forEach(all::add);
    to.writeInt(all.size());
    for (FileHandle handle : all) {
      handle.write(to);
    }
  }

  /** Goes on with a file that another process has left; its handles are restored afterwards. */
  @SuppressWarnings("MustBeClosedChecker") // the last handle closes it
  WrittenFile restore(Inode inode, WrittenState state, int handles) throws IOException {
    WrittenFile written = writers.adopt(state, handles);
    written.describe(() -> namespace.metadata(inode));
    inode.setContent(written);
    return written;
  }

  /** Opens the handles of another process, in a table without any. */
  void restore(int[] uses, List<FileHandle.Left> left) throws IOException {
    List<FileHandle> all = new ArrayList<>();
    for (FileHandle.Left handle : left) {
      Inode inode = namespace.inode(handle.inode());
      if (inode == null) {
        throw new IOException("inode " + handle.inode() + " of an open file is missing");
      }
      WrittenFile written =
          handle.writes() && inode.content() instanceof WrittenFile file ? file : null;
      all.add(handle.open(inode, written));
      namespace.reopened(inode);
    }
    Slots.restore(handles, uses, all);
  }

  /** Starts a file that is created; its first handle is counted. */
  @MustBeClosed
  WrittenFile start(String key, boolean exclusive) {
    return writers.open(key, null, exclusive);
  }

  /**
   * Closes what is still open, as after the end of a session that did not close it: what was not
   * flushed is not stored, since nobody said that it is whole, but kept where it is.
   */
  @Override
  public void close() {
    forEachWritten(
        handle -> {
          WrittenFile written = handle.written();
          if (written != null && written.isDirty()) {
            unstored.incrementAndGet();
            String where = written.abandon("the daemon ended before the file was closed");
            LOG.log(
                System.Logger.Level.ERROR,
                "{0} was still open and is not stored: {1}",
                written.key(),
                where == null
                    ? "what was written is lost"
                    : "what was written is kept in " + where);
            written.drop();
          }
        });
    handles.forEach(handle -> release(handle.number()));
  }
}
