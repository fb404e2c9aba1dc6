// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.integrity;

import io.sluicefs.kernel.transport.ForwardingTransport;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.transport.ReadProgress;
import io.sluicefs.spi.transport.StoredChecksum;
import io.sluicefs.spi.transport.Transport;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Compares each object whose every byte was read, in whatever order and by however many, with the
 * checksum the store keeps. Bytes are handed out before, apart from the last: who completes an
 * object that is not the store's gets an error in place of them, and a listener hears of it. Goes
 * outside of retries: to read the last bytes again would mend nothing.
 */
public final class VerifyingTransport extends ForwardingTransport {
  private static final System.Logger LOG = System.getLogger(VerifyingTransport.class.getName());

  private final IntegrityCounters counters;
  private final WatchedObjects objects = new WatchedObjects();
  private final AtomicBoolean unknownReported = new AtomicBoolean();
  private volatile Listener listener = (id, size) -> {};

  /** Hears of objects whose bytes are not the store's. */
  @FunctionalInterface
  public interface Listener {
    /** Called on the thread that read the last of them, before it gets its error. */
    void isDifferent(ObjectId id, long size);
  }

  /** Creates a decorator that owns {@code inner}. */
  public VerifyingTransport(Transport inner, IntegrityCounters counters) {
    super(inner);
    this.counters = counters;
  }

  /** Says who hears of objects whose bytes are not the store's. */
  public void tell(Listener newListener) {
    listener = newListener;
  }

  @Override
  public void read(ObjectId id, ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    Future<@Nullable WatchedObject> asked = objects.find(id, () -> ask(id));
    if (asked == null) {
      super.read(id, range, target, progress);
      return;
    }
    WatchedRead read = new WatchedRead(asked, range, target, progress);
    WatchedObject.Outcome outcome = WatchedObject.Outcome.OPEN;
    try {
      super.read(id, range, target, read);
    } finally {
      outcome = read.end();
    }
    WatchedObject object = read.object();
    if (outcome == WatchedObject.Outcome.SAME) {
      counters.countVerified();
      objects.verified(id);
    } else if (outcome == WatchedObject.Outcome.DIFFERENT && object != null) {
      throw different(id, object);
    }
  }

  private StorageException different(ObjectId id, WatchedObject object) {
    counters.countDifferent();
    objects.forget(id);
    listener.isDifferent(id, object.size());
    String what =
        "read of %s: bits changed on the way: %s; open it again to read it anew"
            .formatted(id.key(), object.difference());
    LOG.log(System.Logger.Level.ERROR, what);
    return new StorageException(Kind.CORRUPT, what);
  }

  private @Nullable WatchedObject ask(ObjectId id) {
    try {
      Optional<StoredChecksum> kept = checksum(id);
      if (kept.isPresent()) {
        return new WatchedObject(kept.get());
      }
      unknown("the store keeps no checksum of all bytes of " + id.key());
    } catch (StorageException e) {
      unknown(String.valueOf(e.getMessage()));
    }
    return null;
  }

  private void unknown(String why) {
    counters.countUnknown();
    LOG.log(
        unknownReported.getAndSet(true) ? System.Logger.Level.DEBUG : System.Logger.Level.WARNING,
        "requests.integrity = strict: {0}; it is read without being compared, and so will be others"
            + " like it",
        why);
  }
}
