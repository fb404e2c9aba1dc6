// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import io.sluicefs.kernel.write.WriteRefusedException.Reason;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.transport.PutOptions;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The end of a file that is written in order, from {@code start} on: parts that were sent, and the
 * tail, which is in memory and may still be changed anywhere. The tail is sent when it has the size
 * of a part and more follows. Guarded by its file.
 */
final class PartStream implements AutoCloseable {
  /**
   * A part that was sent.
   *
   * @param buffer its bytes, as long as their memory is not wanted
   */
  record Sent(int number, ByteRange range, PartBuffer buffer) {}

  private final Uploads uploads;
  private final String key;
  private final PutOptions options;
  private final long start;
  private final int firstNumber;
  private final List<Sent> sent = new ArrayList<>();
  private @Nullable PartUploader uploader;
  private @Nullable PartBuffer tail;

  /**
   * Starts at an offset of the file.
   *
   * @param firstNumber of its parts
   */
  PartStream(Uploads uploads, String key, PutOptions options, long start, int firstNumber) {
    this.uploads = uploads;
    this.key = key;
    this.options = options;
    this.start = start;
    this.firstNumber = firstNumber;
  }

  /** Returns the key the parts go to. */
  String key() {
    return key;
  }

  long start() {
    return start;
  }

  /** Returns the offset after the last part that was sent. */
  long sentEnd() {
    return sent.isEmpty() ? start : sent.getLast().range().end();
  }

  long end() {
    PartBuffer last = tail;
    return last == null ? sentEnd() : last.end();
  }

  List<Sent> sent() {
    return sent;
  }

  /** Returns the number of the first part that is not sent. */
  int nextNumber() {
    return firstNumber + sent.size();
  }

  @Nullable PartBuffer tail() {
    return tail;
  }

  /** Returns the upload the parts are in; null if none was sent. */
  @Nullable PartUploader uploader() {
    return uploader;
  }

  /** Returns whether bytes can go where they belong without touching what was sent. */
  boolean accepts(long offset, long length) {
    long low = sentEnd();
    return offset >= low
        && (offset <= end() || offset + length <= low + uploads.sizes().streamed(low));
  }

  /**
   * Takes bytes {@link #accepts} says it can.
   *
   * @return how many were taken; less than all if there was no memory for the rest
   */
  long put(long offset, MemorySegment data) throws IOException, InterruptedException {
    long done = 0;
    while (done < data.byteSize()) {
      long at = offset + done;
      PartBuffer buffer = tail == null ? startTail() : tail;
      long room = buffer.start() + uploads.sizes().streamed(buffer.start()) - at;
      if (room <= 0) {
        sendTail();
        continue;
      }
      long count = Math.min(room, data.byteSize() - done);
      if (!reserve(buffer, at + count)) {
        return done;
      }
      if (at > buffer.end()) {
        buffer.zeroTo(at);
      }
      buffer.put(at, data.asSlice(done, count));
      done += count;
    }
    return done;
  }

  /** Begins with a tail, whose hold becomes this stream's. */
  void adoptTail(PartBuffer buffer) {
    tail = buffer;
  }

  private PartBuffer startTail() {
    // A program that filled a part goes on: requests of 1 MiB then are one copy each.
    int firstPiece = sent.isEmpty() ? Piece.SMALL : Piece.LARGE;
    PartBuffer buffer = new PartBuffer(uploads.memory(), sentEnd(), firstPiece);
    tail = buffer;
    return buffer;
  }

  /** Gives the buffer capacity for bytes up to {@code end} in the file. */
  private boolean reserve(PartBuffer buffer, long end) throws InterruptedException {
    return uploads.memory().grow(buffer, end - buffer.start());
  }

  /** Sends the tail as the next part. */
  void sendTail() throws IOException, InterruptedException {
    PartBuffer buffer = tail;
    if (buffer == null) {
      return;
    }
    int number = nextNumber();
    if (number > uploads.sizes().count()) {
      throw new WriteRefusedException(
          Reason.TOO_LARGE,
          "%s has more than the %d parts the store takes; raise write.part-size or memory.limit"
              .formatted(key, uploads.sizes().count()));
    }
    startUpload().submit(number, held(buffer));
    sent.add(new Sent(number, buffer.range(), buffer));
    tail = null;
    buffer.keep();
  }

  private static PartBuffer held(PartBuffer buffer) {
    if (!buffer.tryHold()) {
      throw new IllegalStateException("a buffer that is held is gone");
    }
    return buffer;
  }

  /** Returns the upload, which is started if there is none. */
  @SuppressWarnings("MustBeClosedChecker") // closed with this
  PartUploader startUpload() throws StorageException {
    PartUploader known = uploader;
    if (known == null) {
      known = uploads.start(key, options);
      uploader = known;
    }
    return known;
  }

  /** Forgets all parts of the upload but those to keep, and sends those that failed once more. */
  void restart(Predicate<Sent> kept) throws StorageException, InterruptedException {
    startUpload().restart(sent.stream().filter(kept).map(Sent::number).collect(Collectors.toSet()));
  }

  /** Cuts the tail; {@code end} is not before what was sent. */
  void cut(long end) {
    PartBuffer buffer = tail;
    if (buffer != null && buffer.end() > end) {
      buffer.cut(end);
    }
  }

  /** Forgets parts that were sent and end after {@code end}; there is no tail. */
  void dropFrom(long end) {
    while (!sent.isEmpty() && sent.getLast().range().end() > end) {
      Sent cut = sent.removeLast();
      PartUploader known = uploader;
      if (known != null) {
        known.forget(cut.number());
      }
    }
  }

  /** Gives the tail to the caller, who has its hold from now on. */
  @Nullable PartBuffer takeTail() {
    PartBuffer buffer = tail;
    tail = null;
    return buffer;
  }

  /** Returns the part an offset is in; null if it is not in one that was sent. */
  @Nullable Sent sentAt(long offset) {
    int low = 0;
    int high = sent.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      ByteRange range = sent.get(middle).range();
      if (offset < range.start()) {
        high = middle - 1;
      } else if (offset >= range.end()) {
        low = middle + 1;
      } else {
        return sent.get(middle);
      }
    }
    return null;
  }

  /** The object is complete: as {@link #close}, and the tail's bytes stay for readers. */
  void finish() {
    PartBuffer buffer = takeTail();
    if (buffer != null) {
      buffer.keep();
    }
    close();
  }

  /** Aborts the upload unless it was completed, and frees the tail. */
  @Override
  public void close() {
    PartUploader known = uploader;
    if (known != null) {
      known.close();
    }
    PartBuffer buffer = takeTail();
    if (buffer != null) {
      buffer.discard();
    }
  }
}
