// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import com.google.errorprone.annotations.MustBeClosed;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * One sparse file: the bytes written to it, holes elsewhere. Thread-safe; reads go on side by side,
 * everything else one after the other. Not stopped by an interrupt.
 *
 * <p>It knows which bytes it <i>holds</i>, and which of these are <i>dirty</i>: in no object. Its
 * content, as it would be recovered after the death of the daemon, is what it holds, then the base
 * as far as the file was never cut, then zeros.
 */
public final class StagedFile implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(StagedFile.class.getName());

  /** What a disk is taken to allocate at once. */
  private static final long BLOCK = 4096;

  private static final int LONGEST_REASON = 1000;

  private final StagingFolder folder;
  private final OpenFiles files;
  private final SpaceLimit space;
  private final String id;
  private final Path data;
  private final Journal journal;
  private final StagedState state;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();

  /** Bytes of the limit it has taken. */
  private long charged;

  private boolean closed;

  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // the open files own what is made
  StagedFile(
      StagingFolder folder, OpenFiles files, SpaceLimit space, String id, JournalRecord.Made made)
      throws IOException {
    this.folder = folder;
    this.files = files;
    this.space = space;
    this.id = id;
    this.data = folder.data(id);
    this.state = new StagedState(made);
    try {
      this.journal = Journal.create(folder.journal(id), files, made);
      files.adopt(data, LinuxFile.create(data));
    } catch (IOException e) {
      files.close(folder.journal(id));
      folder.remove(id);
      throw explained(e);
    }
  }

  /** Goes on with a file of another process, which has left it to this one. */
  @MustBeClosed
  private StagedFile(
      StagingFolder folder,
      OpenFiles files,
      SpaceLimit space,
      String id,
      StagedState state,
      Journal journal) {
    this.folder = folder;
    this.files = files;
    this.space = space;
    this.id = id;
    this.data = folder.data(id);
    this.state = state;
    this.journal = journal;
    this.charged = bytesOnDisk(state.held());
    space.adopt(charged);
  }

  /**
   * Goes on with a file of another process, which has left it to this one.
   *
   * @throws IOException if there is none of that name
   */
  @MustBeClosed
  static StagedFile adopt(StagingFolder folder, OpenFiles files, SpaceLimit space, String id)
      throws IOException {
    Path journal = folder.journal(id);
    StagedState state =
        StagingFolder.read(journal)
            .orElseThrow(() -> new IOException(journal + " is gone or says nothing"));
    return new StagedFile(
        folder, files, space, id, state, Journal.goOn(journal, files, Files.size(journal)));
  }

  /** Returns what people call it. */
  public String id() {
    return id;
  }

  /** Returns the sparse file. */
  public Path path() {
    return data;
  }

  /**
   * Writes bytes.
   *
   * @param bytes native memory, borrowed
   * @throws StagingFullException if there is no room for them; those of the range that were held
   *     before may have been written, none is held that was not
   */
  public void write(long offset, MemorySegment bytes) throws IOException {
    if (!bytes.isNative()) {
      throw new IllegalArgumentException("not native memory");
    }
    ByteRange range = ByteRange.of(offset, bytes.byteSize());
    if (range.isEmpty()) {
      return;
    }
    lock.writeLock().lock();
    try {
      checkOpen();
      ByteRange window = blocksAround(range);
      long taken = window.length() - state.held().blockBytes(window, BLOCK);
      space.reserve(taken);
      charged += taken;
      try (OpenFiles.Use use = files.use(data)) {
        use.file().write(offset, bytes);
        record(new JournalRecord.Written(range));
      } catch (IOException e) {
        giveBackUnheld(window, taken);
        throw explained(e);
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  /**
   * Reads bytes it holds.
   *
   * @param target native memory, borrowed; undefined on failure
   * @throws IllegalArgumentException if it does not hold all of them
   */
  public void read(long offset, MemorySegment target) throws IOException {
    if (!target.isNative()) {
      throw new IllegalArgumentException("not native memory");
    }
    ByteRange range = ByteRange.of(offset, target.byteSize());
    if (range.isEmpty()) {
      return;
    }
    lock.readLock().lock();
    try {
      checkOpen();
      if (!state.held().intersect(range).contains(range)) {
        throw new IllegalArgumentException(data + " does not hold all of " + range);
      }
      try (OpenFiles.Use use = files.use(data)) {
        use.file().read(offset, target);
      }
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Returns the ranges it holds, as they are now. */
  public Extents held() {
    return held(new ByteRange(0, Long.MAX_VALUE));
  }

  /** Returns the parts of a range it holds, as they are now. */
  public Extents held(ByteRange within) {
    lock.readLock().lock();
    try {
      return state.held().intersect(within);
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Returns the size of the file: the base's until something is written beyond it or cut. */
  public long size() {
    lock.readLock().lock();
    try {
      return state.size();
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Returns how many bytes of the base show: all, unless the file was cut once. */
  public long visibleBase() {
    lock.readLock().lock();
    try {
      return state.visibleBase();
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Returns what it belongs to, as it is now. */
  public StagedOrigin origin() {
    lock.readLock().lock();
    try {
      return state.origin();
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Makes the file end at {@code size}. What was beyond is gone from here and from the base. */
  public void truncate(long size) throws IOException {
    if (size < 0) {
      throw new IllegalArgumentException("negative size");
    }
    lock.writeLock().lock();
    try {
      checkOpen();
      long end = state.held().end();
      ByteRange cut = new ByteRange(size, Math.max(size, end));
      long before = state.held().blockBytes(blocksAround(cut), BLOCK);
      // The record first: bytes it tells of must be there.
      record(new JournalRecord.Truncated(size));
      if (state.held().end() < end) {
        long after = state.held().blockBytes(blocksAround(cut), BLOCK);
        try (OpenFiles.Use use = files.use(data)) {
          use.file().truncate(state.held().end());
        }
        release(before - after);
      }
    } catch (IOException e) {
      throw explained(e);
    } finally {
      lock.writeLock().unlock();
    }
  }

  /**
   * Gives the disk back what it holds of a range. What of it was dirty counts as sent, in parts of
   * an upload that is not complete: were the daemon to die, it could not be recovered from here.
   */
  public void forget(ByteRange range) throws IOException {
    drop(range, new JournalRecord.Forgotten(range));
  }

  /**
   * Says that the bytes of a range are in parts of an upload that is not complete, whether or not
   * they ever were here.
   */
  public void sent(ByteRange range) throws IOException {
    drop(range, new JournalRecord.Sent(range));
  }

  private void drop(ByteRange range, JournalRecord record) throws IOException {
    lock.writeLock().lock();
    try {
      checkOpen();
      ByteRange window =
          blocksAround(
              new ByteRange(
                  range.start(), Math.clamp(state.held().end(), range.start(), range.end())));
      long before = state.held().blockBytes(window, BLOCK);
      record(record);
      giveBackUnheld(window, before - state.held().blockBytes(window, BLOCK));
    } catch (IOException e) {
      throw explained(e);
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Says under which key it is to be published, after a rename. */
  public void rekey(String key) throws IOException {
    change(new JournalRecord.Rekeyed(key));
  }

  /**
   * Says that what was sent is in an object now, which it lies over from now on.
   *
   * @param base the version of the object
   * @param baseSize its size
   */
  public void rebase(ObjectId base, long baseSize) throws IOException {
    change(new JournalRecord.Rebased(base, baseSize));
  }

  /**
   * Says that it could not be published: it stays on disk when it is closed, for {@code sluice
   * uploads} to recover.
   *
   * @param why one line
   */
  public void keep(String why) throws IOException {
    String reason = why.substring(0, Math.min(why.length(), LONGEST_REASON));
    change(new JournalRecord.Kept(reason));
    LOG.log(
        System.Logger.Level.WARNING,
        "{0} could not be uploaded: {1}; its bytes are kept in {2}: sluice uploads recover {3}",
        origin().key(),
        reason,
        data,
        id);
  }

  private void change(JournalRecord record) throws IOException {
    lock.writeLock().lock();
    try {
      checkOpen();
      record(record);
    } catch (IOException e) {
      throw explained(e);
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void record(JournalRecord record) throws IOException {
    journal.append(record);
    state.apply(record);
    journal.compact(state);
  }

  /** Gives back the blocks of a window in which nothing is held, and with them what they took. */
  private void giveBackUnheld(ByteRange window, long bytes) {
    if (bytes == 0) {
      return;
    }
    boolean given = true;
    try (OpenFiles.Use use = files.use(data)) {
      for (ByteRange gap : state.held().intersect(window).gaps(window)) {
        long start = (gap.start() + BLOCK - 1) / BLOCK * BLOCK;
        long end = gap.end() / BLOCK * BLOCK;
        given &= start >= end || use.file().punchHole(new ByteRange(start, end));
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "no hole can be punched into " + data, e);
      given = false;
    }
    if (given) {
      release(bytes);
    }
  }

  private void release(long bytes) {
    charged -= bytes;
    space.release(bytes);
  }

  private static ByteRange blocksAround(ByteRange range) {
    return new ByteRange(
        range.start() / BLOCK * BLOCK, Math.addExact(range.end(), BLOCK - 1) / BLOCK * BLOCK);
  }

  /** Returns the bytes of the disk that extents take. */
  static long bytesOnDisk(ExtentSet held) {
    return held.blockBytes(blocksAround(new ByteRange(0, held.end())), BLOCK);
  }

  private IOException explained(IOException e) {
    return e instanceof LinuxFile.CallException call && call.isDiskFull()
        ? space.diskFull(call)
        : e;
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException(data + " is closed");
    }
  }

  /** Ends it and removes it from the disk, unless it is to be kept. Idempotent. */
  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (closed) {
        return;
      }
      if (state.keptWhy() == null) {
        files.close(journal.path());
        files.close(data);
        folder.remove(id);
        space.release(charged);
      } else {
        record(new JournalRecord.Left());
        files.close(journal.path());
        files.close(data);
        space.leave(charged);
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "cannot end " + data, e);
    } finally {
      closed = true;
      lock.writeLock().unlock();
    }
  }
}
