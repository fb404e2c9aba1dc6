// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.integrity;

import io.sluicefs.kernel.integrity.WatchedObject.Outcome;
import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.transport.ReadProgress;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Takes the checksums of what a read brings, before anybody hears of it: as soon as bytes are
 * announced, a cache may use their memory for others. Used by the thread that reads.
 */
final class WatchedRead implements ReadProgress {
  private final Future<@Nullable WatchedObject> asked;
  private final ByteRange range;
  private final MemorySegment[] target;
  private final ReadProgress progress;
  private @Nullable WatchedObject object;
  private List<Coverage.Claim> claims = List.of();
  private Outcome outcome = Outcome.OPEN;
  private long good;

  /**
   * Creates the progress of a read.
   *
   * @param asked what the store keeps, which comes while the read waits for its first bytes; null
   *     if that is nothing to compare with
   */
  WatchedRead(
      Future<@Nullable WatchedObject> asked,
      ByteRange range,
      ByteBuffer[] target,
      ReadProgress progress) {
    this.asked = asked;
    this.range = range;
    this.progress = progress;
    this.target = new MemorySegment[target.length];
    for (int i = 0; i < target.length; i++) {
      this.target[i] = MemorySegment.ofBuffer(target[i]);
    }
  }

  /** {@inheritDoc} What completes an object that is not the store's is told to nobody. */
  @Override
  public void filled(long bytes) {
    if (bytes > 0) {
      if (good == 0) {
        begin();
      }
      addUntil(bytes);
      good = bytes;
      if (bytes == range.length()) {
        end();
      }
    }
    if (outcome != Outcome.DIFFERENT) {
      progress.filled(bytes);
    }
  }

  private void begin() {
    object = WatchedObjects.await(asked);
    if (object != null) {
      claims = object.claim(range);
    }
  }

  private void addUntil(long bytes) {
    for (Coverage.Claim claim : claims) {
      long start = Math.max(range.start() + good, claim.range().start());
      long end = Math.min(range.start() + bytes, claim.range().end());
      if (start < end) {
        add(claim, start - range.start(), end - range.start());
      }
    }
  }

  private void add(Coverage.Claim claim, long from, long to) {
    long segmentStart = 0;
    for (MemorySegment segment : target) {
      long segmentEnd = segmentStart + segment.byteSize();
      long start = Math.max(from, segmentStart);
      long end = Math.min(to, segmentEnd);
      if (start < end) {
        claim.add(segment.asSlice(start - segmentStart, end - start));
      }
      segmentStart = segmentEnd;
    }
  }

  /** Ends it, however far it came; returns what is known with it. */
  Outcome end() {
    if (object != null && !claims.isEmpty()) {
      outcome = object.settle(claims);
      claims = List.of();
    }
    return outcome;
  }

  /** Returns what it was compared with; null if with nothing. */
  @Nullable WatchedObject object() {
    return object;
  }
}
