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

  /**
   * Creates a decorator that owns {@code inner}.
   *
   * @param reads most reads under way
   * @param demandReads how many of them only demand gets
   */
  public LimitedTransport(Transport inner, int reads, int demandReads) {
    super(inner);
    this.slots = new ReadSlots(reads, demandReads);
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
    try {
      super.read(id, range, target, progress);
    } finally {
      slots.giveBack();
    }
  }
}
