// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.staging;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.ObjectId;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a staged file holds, as the records of its journal make it: the same in the daemon that
 * writes them and in whoever reads them after its death. A byte of the file is the first of these
 * that applies: what the data file holds; what was sent and is not here; the base's, before {@link
 * #visibleBase}; zero. Not thread-safe.
 */
final class StagedState {
  private final Instant started;
  private final long pid;
  private final String location;
  private String key;
  private @Nullable ObjectId base;
  private long baseSize;

  /** How much of the base shows: less than its size once the file was cut. */
  private long visibleBase;

  private long size;
  private final ExtentSet held = new ExtentSet();

  private final ExtentSet sent = new ExtentSet();
  private @Nullable String keptWhy;
  private boolean left;

  StagedState(JournalRecord.Made made) {
    this.started = made.started();
    this.pid = made.pid();
    this.location = made.origin().location();
    this.key = made.origin().key();
    this.base = made.origin().base();
    this.baseSize = made.origin().baseSize();
    this.visibleBase = baseSize;
    this.size = baseSize;
  }

  void apply(JournalRecord record) {
    switch (record) {
      case JournalRecord.Made _ -> throw new IllegalArgumentException("made twice");
      case JournalRecord.Written(ByteRange range) -> {
        held.add(range);
        sent.remove(range);
        size = Math.max(size, range.end());
      }
      case JournalRecord.Sent(ByteRange range) -> {
        held.remove(range);
        sent.add(range);
        size = Math.max(size, range.end());
      }
      case JournalRecord.Truncated(long newSize) -> truncate(newSize);
      case JournalRecord.Forgotten(ByteRange range) -> {
        for (ByteRange part : held.intersect(range)) {
          sent.add(part);
        }
        held.remove(range);
      }
      case JournalRecord.Rekeyed(String newKey) -> key = newKey;
      case JournalRecord.Rebased(ObjectId newBase, long newSize) -> rebase(newBase, newSize);
      case JournalRecord.Kept(String why) -> keptWhy = why;
      case JournalRecord.Left() -> left = true;
    }
  }

  private void truncate(long newSize) {
    ByteRange beyond = new ByteRange(newSize, Long.MAX_VALUE);
    held.remove(beyond);
    sent.remove(beyond);
    visibleBase = Math.min(visibleBase, newSize);
    size = newSize;
  }

  private void rebase(ObjectId newBase, long newSize) {
    base = newBase;
    baseSize = newSize;
    visibleBase = newSize;
    size = Math.max(size, newSize);
    sent.clear();
  }

  Instant started() {
    return started;
  }

  long pid() {
    return pid;
  }

  StagedOrigin origin() {
    return new StagedOrigin(location, key, base, baseSize);
  }

  long size() {
    return size;
  }

  long visibleBase() {
    return visibleBase;
  }

  ExtentSet held() {
    return held;
  }

  ExtentSet sent() {
    return sent;
  }

  @Nullable String keptWhy() {
    return keptWhy;
  }

  boolean isLeft() {
    return left;
  }

  /** Returns whether nothing is lost with it: it is what it lies over. */
  boolean isWorthless() {
    return keptWhy == null
        && held.isEmpty()
        && sent.isEmpty()
        && size == baseSize
        && visibleBase == baseSize;
  }

  /** Tells a short list of records that makes this state. */
  void tell(Consumer<JournalRecord> listener) {
    listener.accept(new JournalRecord.Made(started, pid, origin()));
    listener.accept(new JournalRecord.Truncated(visibleBase));
    listener.accept(new JournalRecord.Truncated(size));
    sent.snapshot().forEach(range -> listener.accept(new JournalRecord.Sent(range)));
    held.snapshot().forEach(range -> listener.accept(new JournalRecord.Written(range)));
    if (keptWhy != null) {
      listener.accept(new JournalRecord.Kept(keptWhy));
    }
    if (left) {
      listener.accept(new JournalRecord.Left());
    }
  }
}
