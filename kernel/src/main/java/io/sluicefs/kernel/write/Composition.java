// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import io.sluicefs.kernel.staging.Extents;
import io.sluicefs.kernel.write.WriteRefusedException.Reason;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.transport.ObjectStat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes an object of a file's content in an upload in parts: what is unchanged in the object the
 * file began with is copied by the store, what was streamed is there already, the rest is sent.
 *
 * <p>Numbers of parts ascend with their offsets. Those before the stream's first are for what lies
 * before it.
 */
final class Composition {
  private final Uploads uploads;
  private final FileContent content;
  private final PartStream stream;
  private final PartUploader uploader;
  private final List<PartBuffer> sent = new ArrayList<>();
  private final List<ByteRange> copied = new ArrayList<>();

  /**
   * Creates a composition.
   *
   * @param stream the content's stream, or an empty one from its end
   */
  Composition(Uploads uploads, FileContent content, PartStream stream) throws StorageException {
    this.uploads = uploads;
    this.content = content;
    this.stream = stream;
    this.uploader = stream.startUpload();
  }

  /** Returns the numbers of parts to keep free for the first {@code bytes} of a file. */
  static int numbersFor(long bytes, PartSizes sizes) {
    long half = sizes.count() / 2;
    return (int) Math.min(half, (bytes + sizes.smallest() - 1) / sizes.smallest());
  }

  /** Returns whether everything that was streamed and then changed can be sent again. */
  static boolean isPossible(FileContent content, PartStream stream) {
    for (PartStream.Sent part : stream.sent()) {
      Extents over = content.staged(part.range());
      if (!over.isEmpty() && !over.contains(part.range()) && part.buffer().isGone()) {
        return false;
      }
    }
    return true;
  }

  /** Returns whether something lies over a part that was streamed. */
  private boolean isStale(PartStream.Sent part) {
    return !content.staged(part.range()).isEmpty();
  }

  /** Sends what is missing, completes the upload and returns the object. */
  ObjectStat complete() throws IOException, InterruptedException {
    stream.restart(part -> !isStale(part));
    long size = content.size();
    long before = Math.min(stream.start(), size);
    compose(new ByteRange(0, before), 1, numbersFor(stream.start(), uploads.sizes()));
    for (PartStream.Sent part : stream.sent()) {
      if (isStale(part)) {
        send(part.number(), part.range());
      }
    }
    long from = Math.min(size, stream.sentEnd());
    int number = stream.nextNumber();
    PartBuffer tail = stream.tail();
    if (tail != null && tail.length() > 0) {
      // As it is, without a copy: nothing lies over it, as the stream would have given it up.
      long end = Math.min(size, Math.max(tail.end(), fullEnd(tail)));
      if (!uploads.memory().growToSend(tail, end - tail.start())) {
        throw noMemory();
      }
      tail.zeroTo(end);
      sendWhole(number++, tail);
      from = end;
    }
    compose(new ByteRange(from, size), number, uploads.sizes().count() - number + 1);
    return uploader.complete();
  }

  /** Returns where a part that starts as the tail does may end if more follows. */
  private long fullEnd(PartBuffer tail) {
    PartSizes sizes = uploads.sizes();
    return tail.start() + Math.max(sizes.streamed(tail.start()), sizes.smallest());
  }

  /** Returns the ranges that were copied from the object the file began with. */
  List<ByteRange> copied() {
    return copied;
  }

  /** Returns the buffers the object was made of. */
  List<PartBuffer> sent() {
    List<PartBuffer> all = new ArrayList<>(sent);
    for (PartStream.Sent part : stream.sent()) {
      if (!isStale(part)) {
        all.add(part.buffer());
      }
    }
    return all;
  }

  private void compose(ByteRange range, int firstNumber, int numbers)
      throws IOException, InterruptedException {
    if (range.isEmpty()) {
      return;
    }
    PartSizes sizes = uploads.sizes();
    long cell = sizes.known(range.length(), sizes.preferred(), numbers);
    if (cell > sizes.largest() || numbers < 1) {
      throw new WriteRefusedException(
          Reason.TOO_LARGE,
          "%s would have %d bytes, more than fit in the store's parts; raise memory.limit"
              .formatted(stream.key(), content.size()));
    }
    int number = firstNumber;
    long at = range.start();
    while (at < range.end()) {
      long end = cellEnd(at, cell, range.end());
      boolean clean = uploads.copies() && content.isClean(new ByteRange(at, end));
      while (clean && end < range.end() && end - at < ObjectCopies.AT_ONCE) {
        long next = cellEnd(end, cell, range.end());
        if (!content.isClean(new ByteRange(end, next))) {
          break;
        }
        end = next;
      }
      if (clean) {
        copy(number, new ByteRange(at, end));
      } else {
        send(number, new ByteRange(at, end));
      }
      number++;
      at = end;
    }
  }

  /** Returns the end of a cell; one that is too small for a part belongs to the one before. */
  private long cellEnd(long start, long cell, long end) {
    return end - start < cell + uploads.sizes().smallest() ? end : start + cell;
  }

  private void copy(int number, ByteRange range) throws StorageException, InterruptedException {
    uploader.submitCopy(number, content.requireBase().id(), range);
    copied.add(range);
  }

  private void send(int number, ByteRange range) throws IOException, InterruptedException {
    PartBuffer buffer = new PartBuffer(uploads.memory(), range.start());
    boolean filled = false;
    try {
      if (!uploads.memory().growToSend(buffer, range.length())) {
        throw noMemory();
      }
      content.fill(buffer, range);
      filled = true;
    } finally {
      if (!filled) {
        buffer.discard();
      }
    }
    uploader.submit(number, buffer);
    sent.add(buffer);
  }

  private void sendWhole(int number, PartBuffer buffer)
      throws StorageException, InterruptedException {
    if (!buffer.tryHold()) {
      throw new IllegalStateException("a buffer that is held is gone");
    }
    uploader.submit(number, buffer);
    sent.add(buffer);
  }

  private WriteRefusedException noMemory() {
    return new WriteRefusedException(
        Reason.NO_MEMORY,
        "no memory to send %s; raise memory.limit or write fewer files at once"
            .formatted(stream.key()));
  }
}
