// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import io.sluicefs.kernel.staging.StagedFile;
import io.sluicefs.kernel.write.WriteRefusedException.Reason;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ObjectStat;
import io.sluicefs.spi.transport.PutOptions;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a file that is written, and where each of them is: in the object it began with, in
 * the stream behind that, in a staging file over both. Key and size may be asked by anybody; the
 * lock of the file it is of guards all else.
 */
final class Draft {
  private final FileWriters writers;
  private final Runnable changing;

  /** Where it is published. */
  private volatile String key;

  /** Whether publishing must not replace an object: until it was published or renamed. */
  private boolean createOnly;

  private @Nullable StoredObject base;

  /** Whether {@link #base} is what was streamed, of which nobody was told yet. */
  private boolean settled;

  /** How far {@link #base} reaches into the file. */
  private long baseEnd;

  private @Nullable PartStream stream;
  private @Nullable StagedFile staged;
  private final RefusedWrites refused = new RefusedWrites();

  /** Whether a program was told of the failure there may be of a part. */
  private boolean failureTold;

  private volatile Supplier<Map<String, String>> metadata = Map::of;
  private volatile long size;

  /**
   * Creates the content of a file.
   *
   * @param key where it is published
   * @param base the object it begins with; null for a new file
   * @param createOnly whether publishing must not replace an object
   * @param changing run before its bytes change
   */
  Draft(
      FileWriters writers,
      String key,
      @Nullable StoredObject base,
      boolean createOnly,
      Runnable changing) {
    this.writers = writers;
    this.key = key;
    this.base = base;
    this.baseEnd = base == null ? 0 : base.size();
    this.size = baseEnd;
    this.createOnly = createOnly;
    this.changing = changing;
  }

  /**
   * Goes on with what another process has left.
   *
   * @param staged the staging file that {@code state} names, which this owns; null if it names none
   * @param changing run before its bytes change
   */
  Draft(FileWriters writers, WrittenState state, @Nullable StagedFile staged, Runnable changing) {
    this(writers, state.key(), state.base(), state.createOnly(), changing);
    this.settled = state.settled();
    this.baseEnd = state.baseEnd();
    this.size = state.size();
    this.staged = staged;
  }

  String key() {
    return key;
  }

  long size() {
    return size;
  }

  /** Returns the object it began with, or was published as, last; null if there is none. */
  @Nullable StoredObject base() {
    return base;
  }

  boolean isCreateOnly() {
    return createOnly;
  }

  boolean isSettled() {
    return settled;
  }

  long baseEnd() {
    return baseEnd;
  }

  @Nullable StagedFile staged() {
    return staged;
  }

  /**
   * Takes all that was streamed into the staging file, so that another process can go on with it;
   * what was sent is to be sent again.
   *
   * @throws WriteRefusedException if it is no longer in memory
   */
  void unstream() throws IOException {
    checkWhole();
    PartStream parts = stream;
    if (parts == null) {
      return;
    }
    if (parts.end() > parts.start()) {
      List<PartBuffer> held = new ArrayList<>();
      try {
        for (PartStream.Sent part : parts.sent()) {
          if (!part.buffer().tryHold()) {
            throw new WriteRefusedException(
                Reason.STREAMED,
                "%s is being written, and what was streamed of it is no longer in memory (%d bytes)"
                    .formatted(key, parts.sentEnd() - parts.start()));
          }
          held.add(part.buffer());
        }
        StagedFile file = stagedFile();
        for (PartBuffer buffer : held) {
          copyUnder(buffer, file);
        }
        moveTail(file);
      } finally {
        held.forEach(PartBuffer::keep);
      }
    }
    closeStream();
  }

  /** Sets what tells the user metadata it is stored with. */
  void describe(Supplier<Map<String, String>> description) {
    metadata = description;
  }

  private PutOptions putOptions(boolean mustBeNew) {
    return new PutOptions(mustBeNew, "", metadata.get());
  }

  /** Returns where its bytes are now. */
  FileContent content() {
    return new FileContent(writers.uploads(), base, baseEnd, stream, staged, size);
  }

  /** Returns whether a key has parts that only this file can complete. */
  boolean hasSentTo(String target) {
    PartStream parts = stream;
    return parts != null && parts.key().equals(target) && !parts.sent().isEmpty();
  }

  /** Writes all of {@code data}, or throws and has written none or some of it. */
  void write(long offset, MemorySegment data) throws IOException, InterruptedException {
    ByteRange range = ByteRange.of(offset, data.byteSize());
    long done;
    try {
      heedEarlierFailure();
      done = staged == null ? put(offset, data) : 0;
    } catch (StorageException e) {
      if (e.kind() != Kind.CANCELLED) {
        refused.add(range, e);
        failureTold = true;
      }
      throw e;
    }
    if (done < data.byteSize()) {
      stage(offset + done, data.asSlice(done));
    }
    refused.written(range);
  }

  /** Streams what of {@code data} can be, and returns how many bytes that is. */
  private long put(long offset, MemorySegment data) throws IOException, InterruptedException {
    PartStream parts = stream();
    if (!parts.accepts(offset, data.byteSize())) {
      return 0;
    }
    changing.run();
    long done;
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
    return done;
  }

  /** Throws if it lacks bytes that a program was told are not in it: nobody takes it for whole. */
  void checkWhole() throws StorageException {
    refused.check();
  }

  /**
   * What is written after a part was lost would be for nothing: a write says so. The next one may
   * be its repeat, and what failed is sent again.
   */
  private void heedEarlierFailure() throws StorageException, InterruptedException {
    PartStream parts = stream;
    PartUploader uploader = parts == null ? null : parts.uploader();
    if (parts == null || uploader == null || !uploader.hasFailed()) {
      return;
    }
    if (failureTold) {
      failureTold = false;
      parts.restart(part -> true);
    } else {
      uploader.await();
    }
  }

  /**
   * Returns the stream, which is begun if there is none: behind the object, or, if that is small,
   * with all of it in memory, where it can be changed anywhere.
   */
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

  private PartStream streamFrom(long start) {
    int before = Composition.numbersFor(start, writers.uploads().sizes());
    return new PartStream(writers.uploads(), key, putOptions(createOnly), start, before + 1);
  }

  /** Reads the object into memory; null if there is none for it. */
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
  private void stage(long offset, MemorySegment data) throws IOException {
    StagedFile file = stagedFile();
    claimStreamed(file, ByteRange.of(offset, data.byteSize()));
    changing.run();
    file.write(offset, data);
    size = Math.max(size, offset + data.byteSize());
  }

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

  /** Cuts it, or makes it longer by zeros. */
  void truncate(long newSize) throws IOException, InterruptedException {
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
    refused.cut(newSize);
    changing.run();
    size = newSize;
  }

  /** Begins with all of another object, which the store copies when this is published. */
  void beginWith(StoredObject object) {
    startAnew();
    base = object;
    baseEnd = object.size();
    size = object.size();
    changing.run();
  }

  private void startAnew() {
    refused.cut(0);
    closeStream();
    closeStaged();
    base = null;
    baseEnd = 0;
  }

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
   * Gives it another key.
   *
   * @param copy the object it began with, under that key; null if that is not copied
   * @return whether parts were sent under the former key
   */
  boolean rekey(String newKey, @Nullable StoredObject copy) throws IOException {
    if (copy != null) {
      base = copy;
      stageAnew(newKey, copy);
    }
    PartStream parts = stream;
    boolean isSent = parts != null && !parts.sent().isEmpty();
    if (parts != null && !isSent) {
      stream = movedTo(newKey, parts);
    }
    StagedFile file = staged;
    if (file != null) {
      file.rekey(newKey);
    }
    key = newKey;
    createOnly = false;
    return isSent;
  }

  /** Moves what is staged to a file that says what it lies over now. */
  @SuppressWarnings("MustBeClosedChecker") // close() closes it
  private void stageAnew(String newKey, StoredObject copy) throws IOException {
    StagedFile file = staged;
    if (file != null) {
      StagedFile moved = writers.stageAnew(file, newKey, copy);
      staged = moved;
      file.close();
    }
  }

  /** Returns a stream to another key in place of one that has sent nothing. */
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
   * Completes what was sent where it was sent, if it cannot become part of the object under its key
   * in one step.
   *
   * @return whether that made an object under its key
   */
  boolean settle() throws IOException, InterruptedException {
    PartStream parts = stream;
    if (parts == null
        || parts.sent().isEmpty()
        || (parts.key().equals(key) && Composition.isPossible(content(), parts))) {
      return false;
    }
    settle(parts);
    return parts.key().equals(key);
  }

  /**
   * Completes what was streamed as it is, as the object to go on from: parts of it changed and are
   * no longer here, or the file has another name by now.
   */
  private void settle(PartStream parts) throws IOException, InterruptedException {
    StoredObject made =
        writers.publication(parts.key(), putOptions(createOnly)).settle(content(), parts);
    createOnly = false;
    settled = true;
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

  /**
   * Returns whether its changes were undone, as by cutting what was appended: stores refuse to copy
   * an object onto itself for nothing.
   */
  boolean isStoredAsItIs() {
    StoredObject object = base;
    return object != null
        && !settled
        && object.id().key().equals(key)
        && metadata.get().isEmpty()
        && content().isWholeBase();
  }

  /** Makes an object of it under its key. */
  ObjectStat publish() throws IOException, InterruptedException {
    Publication publication = writers.publication(key, putOptions(createOnly && base == null));
    ObjectStat made;
    if (content().isWholeBase()) {
      made = publication.copy(content());
    } else {
      PartStream parts = stream();
      made = publication.publish(content(), parts);
      parts.finish();
    }
    createOnly = false;
    close();
    base = StoredObject.of(made);
    baseEnd = made.size();
    settled = false;
    return made;
  }

  /**
   * Keeps the bytes that could not be published.
   *
   * @return where they are; null if they are lost
   */
  @Nullable String abandon(String why) throws IOException {
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
  }

  /** Frees all that is not in the base. */
  void close() {
    closeStream();
    closeStaged();
  }

  private void closeStream() {
    PartStream parts = stream;
    stream = null;
    if (parts != null) {
      parts.close();
    }
  }

  private void closeStaged() {
    StagedFile file = staged;
    staged = null;
    if (file != null) {
      file.close();
    }
  }
}
