// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.spi.testkit.cache;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.StorageException;
import io.sluicefs.spi.StorageException.Kind;
import io.sluicefs.spi.cache.BlockLoader;
import io.sluicefs.spi.transport.ReadProgress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Loads a {@link PatternObject}. It counts calls and bytes, can be {@linkplain #hold held} or
 * {@linkplain #fail failed} at an offset, answers interrupts as a transport does, and remembers
 * what a cache may not do: wrong arguments, and the same bytes in two loads at once. {@link
 * #verify} throws the first of those.
 */
public final class PatternLoader implements BlockLoader {
  private static final int ANNOUNCED_AT_ONCE = 16 << 10;

  private final PatternObject object;
  private final int blockSize;
  private final List<ByteRange> ranges = new ArrayList<>();
  private final List<UnderWay> underWay = new ArrayList<>();
  private final Map<Long, Hold> holds = new HashMap<>();
  private final Map<Long, Kind> failures = new HashMap<>();
  private @Nullable AssertionError violation;

  /**
   * Creates a loader.
   *
   * @param blockSize of the cache it is for
   */
  public PatternLoader(PatternObject object, int blockSize) {
    this.object = object;
    this.blockSize = blockSize;
  }

  /** Returns what it loads. */
  public PatternObject object() {
    return object;
  }

  /** Returns the ranges asked for so far, in order. */
  public synchronized List<ByteRange> ranges() {
    return List.copyOf(ranges);
  }

  /** Returns the bytes asked for so far. */
  public synchronized long bytes() {
    return ranges.stream().mapToLong(ByteRange::length).sum();
  }

  /**
   * Stops the next load that reaches {@code offset}, once, after announcing what is before it.
   *
   * @return the hold; close or release it to let the load go on
   */
  public synchronized Hold hold(long offset) {
    Hold hold = new Hold(offset);
    holds.put(offset, hold);
    return hold;
  }

  /** Fails the next load that reaches {@code offset}, once, after announcing what is before it. */
  public synchronized void fail(long offset, Kind kind) {
    failures.put(offset, kind);
  }

  /** Fails if the loader was ever called as it may not be. */
  public synchronized void verify() {
    if (violation != null) {
      throw violation;
    }
  }

  @Override
  public void load(ByteRange range, ByteBuffer[] target, ReadProgress progress)
      throws StorageException {
    UnderWay load = begin(range, target);
    try {
      int buffer = 0;
      long at = range.start();
      while (at < range.end()) {
        stopAt(at);
        long end = nextStop(at, Math.min(range.end(), at + ANNOUNCED_AT_ONCE));
        while (at < end) {
          while (!target[buffer].hasRemaining()) {
            buffer++;
          }
          int length = (int) Math.min(end - at, target[buffer].remaining());
          int limit = target[buffer].limit();
          target[buffer].limit(target[buffer].position() + length);
          object.fill(at, target[buffer]);
          target[buffer].limit(limit);
          at += length;
        }
        announced(load, at);
        progress.filled(at - range.start());
      }
    } finally {
      end(load);
    }
  }

  private synchronized UnderWay begin(ByteRange range, ByteBuffer[] target) {
    long room = 0;
    for (ByteBuffer buffer : target) {
      room += buffer.remaining();
      require(buffer.isDirect() && !buffer.isReadOnly(), "a buffer is not direct or read-only");
    }
    require(room == range.length(), "%d bytes of target for %s".formatted(room, range));
    require(!range.isEmpty() && range.end() <= object.size(), "asked for " + range);
    require(
        range.start() % blockSize == 0
            && (range.end() % blockSize == 0 || range.end() == object.size()),
        range + " is not on blocks");
    for (UnderWay other : underWay) {
      require(
          other.from == other.end || range.end() <= other.from || other.end <= range.start(),
          "%s is loaded while %s is under way"
              .formatted(range, new ByteRange(other.from, other.end)));
    }
    ranges.add(range);
    UnderWay load = new UnderWay(range);
    underWay.add(load);
    return load;
  }

  /**
   * What was announced may be gone from the cache again, and loaded again, before the rest is
   * there.
   */
  private synchronized void announced(UnderWay load, long offset) {
    load.from = offset;
  }

  private void require(boolean condition, String problem) {
    if (!condition && violation == null) {
      violation = new AssertionError(object.id() + ": " + problem);
    }
  }

  private synchronized void end(UnderWay load) {
    underWay.remove(load);
  }

  private synchronized long nextStop(long at, long end) {
    long stop = end;
    for (long offset : holds.keySet()) {
      stop = offset > at ? Math.min(stop, offset) : stop;
    }
    for (long offset : failures.keySet()) {
      stop = offset > at ? Math.min(stop, offset) : stop;
    }
    return stop;
  }

  private void stopAt(long offset) throws StorageException {
    Hold hold;
    synchronized (this) {
      hold = holds.remove(offset);
    }
    try {
      if (hold != null) {
        hold.reached.countDown();
        hold.released.await();
      }
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedException();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException(Kind.CANCELLED, object.id() + ": interrupted", e);
    }
    Kind kind;
    synchronized (this) {
      kind = failures.remove(offset);
    }
    if (kind != null) {
      throw new StorageException(kind, object.id() + ": failed as the test wants");
    }
  }

  /** What of a load was not announced yet; guarded by the loader. */
  private static final class UnderWay {
    private final long end;
    private long from;

    UnderWay(ByteRange range) {
      this.from = range.start();
      this.end = range.end();
    }
  }

  /** A load stopped at an offset, once it has come there. */
  public static final class Hold implements AutoCloseable {
    private final long offset;
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);

    private Hold(long offset) {
      this.offset = offset;
    }

    /** Waits until a load has come there, announced all before it, and stopped. */
    public void awaitReached() throws InterruptedException, TimeoutException {
      if (!reached.await(30, TimeUnit.SECONDS)) {
        throw new TimeoutException("no load came to " + offset);
      }
    }

    /** Lets the load go on, whether it has come there or not yet. Idempotent. */
    public void release() {
      released.countDown();
    }

    @Override
    public void close() {
      release();
    }
  }
}
