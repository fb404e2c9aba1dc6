// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.write;

import io.sluicefs.kernel.transport.ForwardingTransport;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.Transport;
import java.nio.ByteBuffer;
import java.util.List;

/** Reads what was just written from memory, and asks the store for the rest. */
public final class KeptTransport extends ForwardingTransport {
  private final KeptBytes kept;

  /** Creates a decorator that owns {@code inner}. */
  public KeptTransport(Transport inner, KeptBytes kept) {
    super(inner);
    this.kept = kept;
  }

  @Override
  public void read(ObjectId id, ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    List<PartBuffer> buffers = kept.of(id);
    if (buffers == null) {
      super.read(id, range, target, progress);
      return;
    }
    long at = range.start();
    for (PartBuffer buffer : buffers) {
      long from = Math.max(buffer.start(), at);
      long to = Math.min(buffer.end(), range.end());
      if (from >= to || !buffer.tryHold()) {
        continue;
      }
      try {
        if (at < from) {
          readBelow(id, range, new ByteRange(at, from), target, progress);
        }
        buffer.slices(new ByteRange(from, to), slice -> fill(target, slice.asByteBuffer()));
        at = to;
      } finally {
        buffer.keep();
      }
      progress.filled(at - range.start());
    }
    if (at < range.end()) {
      readBelow(id, range, new ByteRange(at, range.end()), target, progress);
    }
  }

  private void readBelow(
      ObjectId id, ByteRange whole, ByteRange part, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    if (part.equals(whole)) {
      super.read(id, whole, target, progress);
      return;
    }
    long done = part.start() - whole.start();
    ByteBuffer[] views = views(target, part.length());
    super.read(id, part, views, bytes -> progress.filled(done + bytes));
    skip(target, part.length());
  }

  private static ByteBuffer[] views(ByteBuffer[] target, long length) {
    ByteBuffer[] views = new ByteBuffer[target.length];
    long left = length;
    for (int i = 0; i < target.length; i++) {
      int count = (int) Math.min(left, target[i].remaining());
      views[i] = target[i].slice(target[i].position(), count);
      left -= count;
    }
    return views;
  }

  private static void skip(ByteBuffer[] target, long length) {
    long left = length;
    for (ByteBuffer buffer : target) {
      int count = (int) Math.min(left, buffer.remaining());
      buffer.position(buffer.position() + count);
      left -= count;
    }
  }

  private static void fill(ByteBuffer[] target, ByteBuffer source) {
    for (ByteBuffer buffer : target) {
      int count = Math.min(buffer.remaining(), source.remaining());
      buffer.put(buffer.position(), source, source.position(), count);
      buffer.position(buffer.position() + count);
      source.position(source.position() + count);
    }
  }
}
