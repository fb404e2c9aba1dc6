// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import io.sluicefs.kernel.staging.Extents;
import io.sluicefs.kernel.staging.StagedFile;
import io.sluicefs.kernel.write.WriteRefusedException.Reason;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.transport.ReadProgress;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the bytes of a file that is written are at one moment: what was staged lies over what was
 * streamed, that over the object it began with, and where there is nothing there are zeros.
 *
 * @param base the object it began with; null if it began empty
 * @param baseEnd how far {@code base} reaches
 * @param stream what was written in order; null if nothing was
 * @param staged what was written elsewhere; null if nothing was
 * @param size of the file
 */
record FileContent(
    Uploads uploads,
    @Nullable StoredObject base,
    long baseEnd,
    @Nullable PartStream stream,
    @Nullable StagedFile staged,
    long size) {
  /** What some of the bytes are. */
  enum Place {
    /** In the staging file. */
    STAGED,
    /** In a buffer of the stream. */
    BUFFERED,
    /** In the object. */
    BASE,
    /** Zeros. */
    HOLE
  }

  /**
   * Bytes in one place.
   *
   * @param buffer they are in, if they are in one
   */
  record Run(Place place, ByteRange range, @Nullable PartBuffer buffer) {}

  /** Returns the parts of a range that are in the staging file. */
  Extents staged(ByteRange range) {
    StagedFile file = staged;
    return file == null ? Extents.EMPTY : file.held(range);
  }

  /** Returns the run that starts with {@code range}, at most as long. */
  Run runAt(ByteRange range) {
    long at = range.start();
    long end = range.end();
    Extents here = staged(range);
    if (!here.isEmpty()) {
      ByteRange first = here.iterator().next();
      if (first.start() == at) {
        return new Run(Place.STAGED, first, null);
      }
      end = first.start();
    }
    PartStream parts = stream;
    if (parts != null && at < parts.end() && end > parts.start()) {
      if (at >= parts.start()) {
        return buffered(parts, at, Math.min(end, parts.end()));
      }
      end = parts.start();
    }
    if (base != null && at < baseEnd) {
      return new Run(Place.BASE, new ByteRange(at, Math.min(end, baseEnd)), null);
    }
    return new Run(Place.HOLE, new ByteRange(at, end), null);
  }

  private static Run buffered(PartStream parts, long at, long end) {
    PartStream.Sent sent = parts.sentAt(at);
    PartBuffer buffer = sent == null ? parts.tail() : sent.buffer();
    long bufferEnd = sent == null ? end : Math.min(end, sent.range().end());
    return new Run(Place.BUFFERED, new ByteRange(at, bufferEnd), buffer);
  }

  /** Returns whether a range of the file is the same in {@code base}. */
  boolean isClean(ByteRange range) {
    Run run = runAt(range);
    return run.place() == Place.BASE && run.range().equals(range);
  }

  /** Returns whether the file is what it began with, all of it and nothing else. */
  boolean isWholeBase() {
    StoredObject object = base;
    PartStream parts = stream;
    return object != null
        && baseEnd == object.size()
        && baseEnd == size
        && (parts == null || parts.end() == parts.start())
        && (staged == null || staged.held().isEmpty());
  }

  /**
   * Copies bytes of the file.
   *
   * @param targets together as long as the range, filled in order
   */
  void copy(ByteRange range, List<MemorySegment> targets) throws IOException {
    Slices left = new Slices(targets);
    long at = range.start();
    while (at < range.end()) {
      Run run = runAt(new ByteRange(at, range.end()));
      copy(run, left.take(run.range().length()));
      at = run.range().end();
    }
  }

  private void copy(Run run, List<MemorySegment> targets) throws IOException {
    switch (run.place()) {
      case STAGED -> {
        long at = run.range().start();
        for (MemorySegment target : targets) {
          stagedFile().read(at, target);
          at += target.byteSize();
        }
      }
      case BUFFERED -> copyBuffer(run, targets);
      case BASE -> {
        ByteBuffer[] buffers =
            targets.stream().map(MemorySegment::asByteBuffer).toArray(ByteBuffer[]::new);
        uploads.transport().read(requireBase().id(), run.range(), buffers, ReadProgress.NONE);
      }
      case HOLE -> targets.forEach(target -> target.fill((byte) 0));
    }
  }

  private static void copyBuffer(Run run, List<MemorySegment> targets) throws IOException {
    PartBuffer buffer = run.buffer();
    if (buffer == null || !buffer.tryHold()) {
      throw new WriteRefusedException(
          Reason.STREAMED,
          "bytes %s were streamed to the store and are no longer in memory; they can be read when"
                  .formatted(run.range())
              + " the file is closed (raise write.keep-size to keep more)");
    }
    try {
      Slices left = new Slices(targets);
      buffer.slices(
          run.range(),
          slice -> {
            long from = 0;
            for (MemorySegment target : left.take(slice.byteSize())) {
              MemorySegment.copy(slice, from, target, 0, target.byteSize());
              from += target.byteSize();
            }
          });
    } finally {
      buffer.keep();
    }
  }

  /** Fills an empty buffer, which has the capacity, with bytes of the file from its start on. */
  void fill(PartBuffer buffer, ByteRange range) throws IOException {
    List<MemorySegment> slices = new ArrayList<>();
    buffer.extend(range.end());
    buffer.slices(range, slices::add);
    copy(range, slices);
  }

  /** Memory that is used up from its start. */
  private static final class Slices {
    private final List<MemorySegment> segments;
    private int index;
    private long offset;

    Slices(List<MemorySegment> segments) {
      this.segments = segments;
    }

    List<MemorySegment> take(long bytes) {
      List<MemorySegment> taken = new ArrayList<>();
      long left = bytes;
      while (left > 0) {
        MemorySegment segment = segments.get(index);
        long count = Math.min(left, segment.byteSize() - offset);
        taken.add(segment.asSlice(offset, count));
        left -= count;
        offset += count;
        if (offset == segment.byteSize()) {
          index++;
          offset = 0;
        }
      }
      return taken;
    }
  }

  private StagedFile stagedFile() {
    StagedFile file = staged;
    if (file == null) {
      throw new IllegalStateException("no staging file");
    }
    return file;
  }

  /** Returns the object it began with, which there is. */
  StoredObject requireBase() {
    StoredObject object = base;
    if (object == null) {
      throw new IllegalStateException("no object");
    }
    return object;
  }
}
