// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.transport;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import java.nio.ByteBuffer;

/**
 * Limits how many reads are under way at once, demand before read-ahead. Goes inside {@link
 * RetryingTransport}, so that a pause between attempts holds no slot.
 */
public final class LimitedTransport extends ForwardingTransport {
  private final ReadSlots slots;
  private final ReadAheadLimit readAhead;

  /**
   * Creates a decorator that owns {@code inner}.
   *
   * @param reads most reads under way
   * @param demandReads how many of them only demand gets
   */
  public LimitedTransport(Transport inner, int reads, int demandReads) {
    super(inner);
    this.slots = new ReadSlots(reads, demandReads);
    this.readAhead = new ReadAheadLimit(reads - demandReads, System.nanoTime());
  }

  /**
   * Returns how many reads that nobody waits for should be under way now, by how the store answers.
   * Whoever starts them keeps to it: here they would wait with blocks others want.
   */
  public int readAheadReads() {
    return readAhead.limit();
  }

  @Override
  public void read(ObjectId id, ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    try {
      slots.take(ReadPurpose.current());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException(
          Kind.CANCELLED, "interrupted before reading " + range + " of " + id.key(), e);
    }
    FirstByte firstByte = new FirstByte(progress);
    try {
      super.read(id, range, target, firstByte);
    } catch (StorageException e) {
      if (e.kind() == Kind.THROTTLED) {
        readAhead.throttled(System.nanoTime());
      }
      throw e;
    } finally {
      slots.giveBack();
    }
  }

  private final class FirstByte implements ReadProgress {
    private final ReadProgress progress;
    private final long start = System.nanoTime();
    private boolean arrived;

    FirstByte(ReadProgress progress) {
      this.progress = progress;
    }

    @Override
    public void filled(long bytes) {
      if (!arrived) {
        arrived = true;
        long now = System.nanoTime();
        readAhead.answered(now - start, now);
      }
      progress.filled(bytes);
    }
  }
}
