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

  /** The part of what is held that is in the base as well. */
  private final ExtentSet clean = new ExtentSet();

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
        clean.remove(range);
        sent.remove(range);
        size = Math.max(size, range.end());
      }
      case JournalRecord.Sent(ByteRange range) -> {
        held.remove(range);
        clean.remove(range);
        sent.add(range);
        size = Math.max(size, range.end());
      }
      case JournalRecord.Truncated(long newSize) -> truncate(newSize);
      case JournalRecord.Forgotten(ByteRange range) -> {
        for (ByteRange part : dirty(range)) {
          sent.add(part);
        }
        held.remove(range);
        clean.remove(range);
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
    clean.remove(beyond);
    sent.remove(beyond);
    visibleBase = Math.min(visibleBase, newSize);
    size = newSize;
  }

  private void rebase(@Nullable ObjectId newBase, long newSize) {
    base = newBase;
    baseSize = newSize;
    visibleBase = newSize;
    clean.clear();
    if (newBase != null) {
      sent.clear();
      for (ByteRange range : held.intersect(new ByteRange(0, newSize))) {
        clean.add(range);
      }
    }
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

  /** Returns the parts of {@code within} that are held and not in the base. */
  Extents dirty(ByteRange within) {
    Extents inside = held.intersect(within);
    return clean.isEmpty() ? inside : inside.without(clean.intersect(within));
  }

  long dirtyBytes() {
    return held.length() - clean.length();
  }

  @Nullable String keptWhy() {
    return keptWhy;
  }

  boolean isLeft() {
    return left;
  }

  /** Returns whether nothing is lost with it: what it holds is the base, or nothing. */
  boolean isWorthless() {
    return keptWhy == null
        && dirtyBytes() == 0
        && sent.isEmpty()
        && size == baseSize
        && visibleBase == baseSize;
  }

  /** Tells a short list of records that makes this state. */
  void tell(Consumer<JournalRecord> listener) {
    listener.accept(new JournalRecord.Made(started, pid, origin()));
    clean.snapshot().forEach(range -> listener.accept(new JournalRecord.Written(range)));
    if (!clean.isEmpty()) {
      listener.accept(new JournalRecord.Rebased(base, baseSize));
    }
    listener.accept(new JournalRecord.Truncated(visibleBase));
    listener.accept(new JournalRecord.Truncated(size));
    sent.snapshot().forEach(range -> listener.accept(new JournalRecord.Sent(range)));
    dirty(new ByteRange(0, held.end()))
        .forEach(range -> listener.accept(new JournalRecord.Written(range)));
    if (keptWhy != null) {
      listener.accept(new JournalRecord.Kept(keptWhy));
    }
    if (left) {
      listener.accept(new JournalRecord.Left());
    }
  }
}
