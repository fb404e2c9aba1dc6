// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import io.sluicefs.kernel.write.FileContent.Place;
import io.sluicefs.kernel.write.FileContent.Run;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.cache.BlockLease;
import io.sluicefs.spi.fuse.ReadReply;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Reads files that are being written. */
final class WrittenReads {
  private final WriteMemory memory;

  WrittenReads(WriteMemory memory) {
    this.memory = memory;
  }

  /** Fills {@code reply} with a range of the file; on an exception it is empty. */
  @SuppressWarnings("MustBeClosedChecker") // the reply owns the leases
  void read(FileContent content, ByteRange range, ReadReply reply)
      throws IOException, InterruptedException {
    Run run = content.runAt(range);
    PartBuffer buffer = run.buffer();
    if (run.place() == Place.BUFFERED
        && run.range().equals(range)
        && buffer != null
        && buffer.tryHold()) {
      adopt(buffer, range, reply);
      return;
    }
    long at = range.start();
    try {
      while (at < range.end()) {
        int length = (int) Math.min(Piece.LARGE, range.end() - at);
        Piece piece = memory.takeForRead(length <= Piece.SMALL ? Piece.SMALL : Piece.LARGE);
        Lease lease = new Lease(piece.memory(), piece::close);
        boolean good = false;
        try {
          content.copy(ByteRange.of(at, length), List.of(piece.memory().asSlice(0, length)));
          good = true;
        } finally {
          if (!good) {
            lease.close();
          }
        }
        reply.adopt(lease, 0, length);
        at += length;
      }
    } catch (IOException | InterruptedException | RuntimeException e) {
      reply.close();
      throw e;
    }
  }

  /** Puts slices of a buffer into the reply; takes its hold over. */
  @SuppressWarnings("MustBeClosedChecker") // the reply owns the leases
  private static void adopt(PartBuffer buffer, ByteRange range, ReadReply reply) {
    try {
      buffer.slices(
          range,
          slice -> {
            if (!buffer.tryHold()) {
              throw new IllegalStateException("a buffer that is held is gone");
            }
            reply.adopt(new Lease(slice, buffer::keep), 0, slice.byteSize());
          });
    } finally {
      buffer.keep();
    }
  }

  /** Bytes in memory that somebody gives back when they are sent. */
  private static final class Lease implements BlockLease {
    private final MemorySegment segment;
    private final Runnable release;
    private final AtomicBoolean closed = new AtomicBoolean();

    Lease(MemorySegment memory, Runnable release) {
      this.segment = memory.asReadOnly();
      this.release = release;
    }

    @Override
    public MemorySegment segment() {
      return segment;
    }

    @Override
    public void close() {
      if (closed.compareAndSet(false, true)) {
        release.run();
      }
    }
  }
}
