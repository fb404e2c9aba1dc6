// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.sluicefs.kernel.namespace.LocalContent;
import io.sluicefs.kernel.staging.StagedFile;
import io.sluicefs.kernel.write.WriteRefusedException.Reason;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.fuse.ReadReply;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A file while it is open for writing: all its handles share it. Thread-safe; one change at a time,
 * and none while it is being published.
 *
 * <p>What is written in order, at the end, is streamed to the store; everything else goes to a
 * staging file that lies over what was streamed and over the object the file began with. Nothing is
 * visible under the key before {@link #publish}.
 */
public final class WrittenFile implements LocalContent, AutoCloseable {
  private final FileWriters writers;
  private final ReentrantLock lock = new ReentrantLock();

  /** Whether publishing must not replace an object: until it was published or renamed. */
  @GuardedBy("lock")
  private boolean createOnly;

  /** Where it is published. */
  private volatile String key;

  /** Objects under names it had before, deleted when it is published. */
  @GuardedBy("lock")
  private final List<String> formerKeys = new ArrayList<>();

  @GuardedBy("lock")
  private @Nullable StoredObject base;

  /** Whether {@link #base} is what was streamed, of which nobody was told yet. */
  @GuardedBy("lock")
  private boolean settled;

  /** How far {@link #base} reaches into the file. */
  @GuardedBy("lock")
  private long baseEnd;

  @GuardedBy("lock")
  private @Nullable PartStream stream;

  @GuardedBy("lock")
  private @Nullable StagedFile staged;

  private volatile Supplier<Map<String, String>> metadata = Map::of;
  private volatile boolean dirty;
  private volatile boolean dropped;

  /** Whether the store has an object under its key: its own, or one it replaces. */
  private volatile boolean occupied;

  private final AtomicInteger handles = new AtomicInteger(1);
  private volatile long size;
  private volatile long modifiedMillis;

  /**
   * Creates the content of a file.
   *
   * @param key where it is published
   * @param base the object it begins with; null for a new file
   * @param createOnly whether publishing must not replace an object
   */
  WrittenFile(
      FileWriters writers,
      String key,
      @Nullable StoredObject base,
      boolean createOnly,
      long modifiedMillis) {
    this.writers = writers;
    this.key = key;
    this.base = base;
    this.baseEnd = base == null ? 0 : base.size();
    this.size = baseEnd;
    this.createOnly = createOnly;
    this.dirty = base == null;
    this.occupied = base != null;
    this.modifiedMillis = modifiedMillis;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public long modifiedMillis() {
    return modifiedMillis;
  }

  /** Returns whether it holds something that is not in the store under its key. */
  public boolean isDirty() {
    return dirty && !dropped;
  }

  /** Returns the key it is published under. */
  public String key() {
    return key;
  }

  /** Sets what tells the user metadata it is stored with. */
  public void describe(Supplier<Map<String, String>> description) {
    metadata = description;
  }

  private PutOptions putOptions(boolean mustBeNew) {
    return new PutOptions(mustBeNew, "", metadata.get());
  }

  /** Counts one more handle. */
  public void addHandle() {
    handles.incrementAndGet();
  }

  /** Counts one handle less. */
  public void removeHandle() {
    handles.decrementAndGet();
  }

  /** Returns whether any handle is left. */
  public boolean hasHandles() {
    return handles.get() > 0;
  }

  /** Returns whether one handle is left. */
  public boolean isLastHandle() {
    return handles.get() == 1;
  }

  /** Notes that the store has an object under its key that publishing will replace. */
  public void markReplaces() {
    occupied = true;
  }

  /** Returns whether the store has an object under its key, be it one that this replaces. */
  public boolean isOccupied() {
    return occupied;
  }

  private FileContent content() {
    lock.lock();
    try {
      return new FileContent(writers.uploads(), base, baseEnd, stream, staged, size);
    } finally {
      lock.unlock();
    }
  }

  /** Writes all of {@code data}, or throws and has written none or some of it. */
  public void write(long offset, MemorySegment data) throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      throwEarlierFailure();
      long done = 0;
      if (staged == null) {
        PartStream parts = stream();
        if (parts.accepts(offset, data.byteSize())) {
          changing();
          try {
            done = parts.put(offset, data);
          } finally {
            size = Math.max(size, parts.end());
          }
          if (done < data.byteSize() && !writers.stages()) {
            throw new WriteRefusedException(
                Reason.NO_MEMORY,
                "no memory to write %s, and write.staging.path is empty; raise memory.limit"
                    .formatted(key));
          }
        }
      }
      if (done < data.byteSize()) {
        stage(offset + done, data.asSlice(done));
      }
    } finally {
      lock.unlock();
    }
  }

  /** What is written after a part was lost would be for nothing. */
  @GuardedBy("lock")
  private void throwEarlierFailure() throws StorageException, InterruptedException {
    PartStream parts = stream;
    PartUploader uploader = parts == null ? null : parts.uploader();
    if (uploader != null && uploader.hasFailed()) {
      uploader.await();
    }
  }

  @GuardedBy("lock")
  private void changing() {
    dirty = true;
    modifiedMillis = writers.clock().millis();
  }

  /**
   * Returns the stream, which is begun if there is none: behind the object, or, if that is small,
   * with all of it in memory, where it can be changed anywhere.
   */
  @GuardedBy("lock")
  private PartStream stream() throws IOException, InterruptedException {
    PartStream known = stream;
    if (known != null) {
      return known;
    }
    PartSizes sizes = writers.uploads().sizes();
    if (staged == null && baseEnd > 0 && baseEnd <= sizes.preferred()) {
      known = absorbed();
      if (known != null) {
        stream = known;
        baseEnd = 0;
        return known;
      }
    }
    known = streamFrom(baseEnd);
    stream = known;
    return known;
  }

  @GuardedBy("lock")
  private PartStream streamFrom(long start) {
    int before = Composition.numbersFor(start, writers.uploads().sizes());
    return new PartStream(writers.uploads(), key, putOptions(createOnly), start, before + 1);
  }

  /** Reads the object into memory; null if there is none for it. */
  @GuardedBy("lock")
  private @Nullable PartStream absorbed() throws IOException, InterruptedException {
    PartBuffer buffer = new PartBuffer(writers.uploads().memory(), 0);
    boolean good = false;
    try {
      if (!writers.uploads().memory().grow(buffer, baseEnd)) {
        return null;
      }
      content().fill(buffer, new ByteRange(0, baseEnd));
      PartStream parts = streamFrom(0);
      parts.adoptTail(buffer);
      good = true;
      return parts;
    } finally {
      if (!good) {
        buffer.discard();
      }
    }
  }

  /** Writes to the staging file, which is begun if there is none. */
  @GuardedBy("lock")
  private void stage(long offset, MemorySegment data) throws IOException {
    StagedFile file = stagedFile();
    claimStreamed(file, ByteRange.of(offset, data.byteSize()));
    changing();
    file.write(offset, data);
    size = Math.max(size, offset + data.byteSize());
  }

  @GuardedBy("lock")
  @SuppressWarnings("MustBeClosedChecker") // close() closes it
  private StagedFile stagedFile() throws IOException {
    StagedFile file = staged;
    if (file != null) {
      return file;
    }
    file = writers.stage(key, base);
    boolean good = false;
    try {
      file.truncate(size);
      PartStream parts = stream;
      if (parts != null && !parts.sent().isEmpty()) {
        file.sent(new ByteRange(parts.start(), parts.sentEnd()));
      }
      moveTail(file);
      staged = file;
      good = true;
      return file;
    } finally {
      if (!good) {
        file.close();
      }
    }
  }

  @GuardedBy("lock")
  private void moveTail(StagedFile file) throws IOException {
    PartStream parts = stream;
    PartBuffer tail = parts == null ? null : parts.tail();
    if (parts != null && tail != null) {
      copyUnder(tail, file);
      PartBuffer _ = parts.takeTail();
      tail.discard();
    }
  }

  /**
   * Takes parts that were streamed and are about to be changed into the staging file, as far as
   * they are still in memory, so that they can be sent again whole.
   */
  @GuardedBy("lock")
  private void claimStreamed(StagedFile file, ByteRange range) throws IOException {
    PartStream parts = stream;
    long at = parts == null ? range.end() : Math.max(range.start(), parts.start());
    while (parts != null && at < Math.min(range.end(), parts.sentEnd())) {
      PartStream.Sent part = parts.sentAt(at);
      if (part == null) {
        return;
      }
      boolean whole =
          range.contains(part.range()) || file.held(part.range()).contains(part.range());
      if (!whole && part.buffer().tryHold()) {
        try {
          copyUnder(part.buffer(), file);
        } finally {
          part.buffer().keep();
        }
      }
      at = part.range().end();
    }
  }

  /** Copies those bytes of a buffer that nothing lies over. */
  private static void copyUnder(PartBuffer buffer, StagedFile file) throws IOException {
    for (ByteRange gap : file.held(buffer.range()).gaps(buffer.range())) {
      List<MemorySegment> slices = new ArrayList<>();
      buffer.slices(gap, slices::add);
      long at = gap.start();
      for (MemorySegment slice : slices) {
        file.write(at, slice);
        at += slice.byteSize();
      }
    }
  }

  /** Cuts the file, or makes it longer by zeros. */
  public void truncate(long newSize) throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      if (newSize == size) {
        return;
      }
      if (newSize == 0) {
        startAnew();
      } else if (newSize < size) {
        cut(newSize);
      } else if (staged == null) {
        // Zeros behind what is there need no place until they are published.
        PartStream _ = stream();
      }
      StagedFile file = staged;
      if (file != null) {
        file.truncate(newSize);
      }
      changing();
      size = newSize;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void startAnew() {
    closeStream();
    closeStaged();
    base = null;
    baseEnd = 0;
  }

  @GuardedBy("lock")
  private void cut(long newSize) throws IOException {
    PartStream parts = stream;
    if (parts != null && newSize < parts.sentEnd() && !parts.sent().isEmpty()) {
      cutSent(parts, newSize);
    } else if (parts != null && newSize >= parts.sentEnd()) {
      parts.cut(newSize);
    } else if (parts != null) {
      // It began behind the object and has sent nothing: it begins anew where that ends now.
      closeStream();
    }
    baseEnd = Math.min(baseEnd, newSize);
  }

  @GuardedBy("lock")
  private void cutSent(PartStream parts, long newSize) throws IOException {
    StagedFile file = stagedFile();
    PartStream.Sent part = parts.sentAt(newSize - 1);
    ByteRange rest = part == null ? null : new ByteRange(part.range().start(), newSize);
    if (part != null && rest != null && part.range().end() > newSize) {
      if (!file.held(rest).contains(rest)) {
        if (!part.buffer().tryHold()) {
          throw new WriteRefusedException(
              Reason.STREAMED,
              "%s cannot be cut at %d: the bytes before it were streamed to the store and are no"
                      .formatted(key, newSize)
                  + " longer in memory (raise write.keep-size to keep more)");
        }
        try {
          copyUnder(part.buffer(), file);
        } finally {
          part.buffer().keep();
        }
      }
    }
    parts.dropFrom(newSize);
    if (parts.sent().isEmpty()) {
      // Its upload may be to a key the file no longer has.
      closeStream();
    }
  }

  /**
   * Fills {@code reply} from what is written here.
   *
   * @return false if all of the range is as in the object the file began with, which then is to be
   *     read instead
   */
  public boolean read(long offset, int length, ReadReply reply)
      throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      ByteRange range = new ByteRange(offset, Math.min(size, offset + length));
      FileContent content = content();
      if (!dirty || content.isClean(range)) {
        return false;
      }
      writers.reads().read(content, range, reply);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the object it began with, or was published as, last; null if there is none. */
  public @Nullable StoredObject base() {
    lock.lock();
    try {
      return base;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Begins with all of another object, which the store copies when this is published.
   *
   * @return false if this is not an empty file
   */
  public boolean beginWith(StoredObject object) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      if (size != 0) {
        return false;
      }
      startAnew();
      base = object;
      baseEnd = object.size();
      size = object.size();
      changing();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Copies an object within the store. */
  @FunctionalInterface
  public interface Copier {
    /** Returns the copy. */
    ObjectStat copy(StoredObject source, String key) throws IOException;
  }

  /**
   * Gives it another key. The object it began with, if that is under its key, is copied; what is
   * not published follows under the new key. Parts that were sent under the former key are in its
   * {@link #formerKeys} until then.
   *
   * @return the copy, if there is one: the former object is the caller's to delete
   */
  public @Nullable ObjectStat rename(String newKey, Copier copier)
      throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      StoredObject object = base;
      ObjectStat copy = null;
      if (object != null && object.id().key().equals(key)) {
        copy = copier.copy(object, newKey);
        StoredObject moved = StoredObject.of(copy);
        base = moved;
        occupied = false;
        stageAnew(newKey, moved);
      }
      rekey(newKey);
      occupied |= copy != null;
      return copy;
    } finally {
      lock.unlock();
    }
  }

  /** Moves what is staged to a file that says what it lies over now. */
  @GuardedBy("lock")
  @SuppressWarnings("MustBeClosedChecker") // close() closes it
  private void stageAnew(String newKey, StoredObject copy) throws IOException {
    StagedFile file = staged;
    if (file != null) {
      StagedFile moved = writers.stageAnew(file, newKey, copy);
      staged = moved;
      file.close();
    }
  }

  /**
   * Gives a former key to another file, which will replace the object there.
   *
   * @return false if parts were sent under it, which only this file can complete, or if its object
   *     is just being deleted
   */
  public boolean giveUpFormer(String former) {
    lock.lock();
    try {
      PartStream parts = stream;
      if (parts != null && parts.key().equals(former) && !parts.sent().isEmpty()) {
        return false;
      }
      return formerKeys.remove(former);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void rekey(String newKey) throws IOException {
    PartStream parts = stream;
    boolean isSent = parts != null && !parts.sent().isEmpty();
    if (parts != null && !isSent) {
      stream = movedTo(newKey, parts);
    }
    if (occupied || isSent) {
      formerKeys.add(key);
    }
    StagedFile file = staged;
    if (file != null) {
      file.rekey(newKey);
    }
    key = newKey;
    createOnly = false;
    occupied = formerKeys.remove(newKey);
  }

  /** Returns a stream to another key in place of one that has sent nothing. */
  @GuardedBy("lock")
  private PartStream movedTo(String newKey, PartStream parts) {
    PartStream other =
        new PartStream(
            writers.uploads(), newKey, putOptions(createOnly), parts.start(), parts.nextNumber());
    PartBuffer tail = parts.takeTail();
    if (tail != null) {
      other.adoptTail(tail);
    }
    parts.close();
    return other;
  }

  /**
   * Returns the keys in the store that are this file's as long as it is not published, beside its
   * own: nobody else may use them.
   */
  public List<String> formerKeys() {
    lock.lock();
    try {
      return List.copyOf(formerKeys);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes the store have it all under its key; does nothing if it does.
   *
   * @param published told of the object, before anybody else can change the file
   * @return former keys of the file, whose objects the caller is to delete
   */
  public List<String> publish(Consumer<ObjectStat> published)
      throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      if (!isDirty()) {
        return List.of();
      }
      PartStream parts = stream;
      if (parts != null
          && !parts.sent().isEmpty()
          && (!parts.key().equals(key) || !Composition.isPossible(content(), parts))) {
        settle(parts);
      }
      if (isStoredAsItIs()) {
        closeStream();
        closeStaged();
        dirty = false;
        return takeFormerKeys();
      }
      Publication publication = writers.publication(key, putOptions(createOnly && base == null));
      ObjectStat made;
      if (content().isWholeBase()) {
        made = publication.copy(content());
      } else {
        parts = stream();
        made = publication.publish(content(), parts);
        parts.finish();
      }
      createOnly = false;
      occupied = true;
      closeStream();
      closeStaged();
      base = StoredObject.of(made);
      baseEnd = made.size();
      dirty = false;
      settled = false;
      List<String> former = takeFormerKeys();
      published.accept(made);
      return former;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns whether its changes were undone, as by cutting what was appended: stores refuse to copy
   * an object onto itself for nothing.
   */
  @GuardedBy("lock")
  private boolean isStoredAsItIs() {
    StoredObject object = base;
    return object != null
        && !settled
        && object.id().key().equals(key)
        && metadata.get().isEmpty()
        && content().isWholeBase();
  }

  @GuardedBy("lock")
  private List<String> takeFormerKeys() {
    List<String> former = List.copyOf(formerKeys);
    formerKeys.clear();
    return former;
  }

  /**
   * Completes what was streamed as it is, as the object to go on from: parts of it changed and are
   * no longer here, or the file has another name by now.
   */
  @GuardedBy("lock")
  private void settle(PartStream parts) throws IOException, InterruptedException {
    StoredObject made =
        writers.publication(parts.key(), putOptions(createOnly)).settle(content(), parts);
    createOnly = false;
    settled = true;
    occupied |= parts.key().equals(key);
    closeStream();
    base = made;
    baseEnd = Math.min(size, made.size());
    StagedFile file = staged;
    if (file != null) {
      file.rebase(made.id(), made.size());
      if (made.size() > size) {
        file.truncate(size);
      }
    }
  }

  /** Gives everything up: the file was unlinked. What was written stays readable until close. */
  public void drop() {
    dropped = true;
  }

  /** Returns whether {@link #drop} was called. */
  public boolean isDropped() {
    return dropped;
  }

  /** Undoes {@link #drop}: it keeps its name. */
  public void undrop() {
    dropped = false;
  }

  /**
   * Keeps the bytes that could not be published.
   *
   * @return where they are; null if they are lost
   */
  public @Nullable String abandon(String why) {
    lock.lock();
    try {
      StagedFile file = staged;
      PartStream parts = stream;
      if (file == null && parts != null && parts.sent().isEmpty() && parts.end() > 0) {
        file = stagedFile();
      }
      if (file == null) {
        return null;
      }
      file.keep(why);
      return file.path().toString();
    } catch (IOException e) {
      return null;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void closeStream() {
    PartStream parts = stream;
    stream = null;
    if (parts != null) {
      parts.close();
    }
  }

  @GuardedBy("lock")
  private void closeStaged() {
    StagedFile file = staged;
    staged = null;
    if (file != null) {
      file.close();
    }
  }

  /** Frees everything; what is not published is given up. Idempotent. */
  @Override
  public void close() {
    lock.lock();
    try {
      closeStream();
      closeStaged();
    } finally {
      lock.unlock();
    }
  }
}
