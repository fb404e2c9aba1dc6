// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.kernel.integrity;

import io.sluicefs.spi.ByteRange;
import io.sluicefs.spi.transport.RangeChecksum;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Which bytes of an object were read, each counted once, and the checksums of their runs. Not
 * thread-safe.
 */
final class Coverage {
  /** With more, all is forgotten: what is read here and there will not cover the object. */
  private static final int MOST_RUNS = 1000;

  private final long size;
  private final RangeChecksum algorithm;

  /** By their starts; they neither touch nor overlap. */
  private final TreeMap<Long, Run> runs = new TreeMap<>();

  private final List<Claim> claims = new ArrayList<>();
  private long covered;

  private record Run(long end, long checksum) {}

  /** A run of bytes that one read brings before others do. Used by the thread that reads. */
  final class Claim {
    private final ByteRange range;
    private long bytes;
    private long checksum;

    private Claim(ByteRange range) {
      this.range = range;
    }

    ByteRange range() {
      return range;
    }

    /** Takes the next bytes of it. */
    void add(MemorySegment part) {
      checksum = algorithm.combine(checksum, algorithm.of(part), part.byteSize());
      bytes += part.byteSize();
    }
  }

  Coverage(long size, RangeChecksum algorithm) {
    this.size = size;
    this.algorithm = algorithm;
  }

  /** Returns those runs of a range that nobody has read or is reading, which is noted. */
  List<Claim> claim(ByteRange range) {
    List<Claim> claimed = new ArrayList<>();
    long at = range.start();
    while (at < range.end()) {
      long taken = takenEnd(at);
      if (taken > at) {
        at = taken;
      } else {
        Claim claim = new Claim(new ByteRange(at, Math.min(range.end(), nextTaken(at))));
        claimed.add(claim);
        at = claim.range.end();
      }
    }
    claims.addAll(claimed);
    return claimed;
  }

  /** Returns the end of what was or is being read at an offset; the offset if that is nothing. */
  private long takenEnd(long offset) {
    Map.Entry<Long, Run> run = runs.floorEntry(offset);
    if (run != null && run.getValue().end > offset) {
      return run.getValue().end;
    }
    for (Claim claim : claims) {
      if (claim.range.start() <= offset && offset < claim.range.end()) {
        return claim.range.end();
      }
    }
    return offset;
  }

  private long nextTaken(long offset) {
    Long run = runs.higherKey(offset);
    long next = run == null ? size : run;
    for (Claim claim : claims) {
      if (claim.range.start() > offset) {
        next = Math.min(next, claim.range.start());
      }
    }
    return next;
  }

  /** Ends a claim: what has come of it is covered, the rest is to be read yet. */
  void settle(Claim claim) {
    if (claims.remove(claim) && claim.bytes > 0) {
      covered += claim.bytes;
      cover(claim.range.start(), claim.range.start() + claim.bytes, claim.checksum);
      if (runs.size() > MOST_RUNS) {
        runs.clear();
        covered = 0;
      }
    }
  }

  private void cover(long start, long end, long checksum) {
    Run run = new Run(end, checksum);
    Run after = runs.remove(end);
    if (after != null) {
      run = join(run, after);
    }
    Map.Entry<Long, Run> before = runs.lowerEntry(start);
    if (before != null && before.getValue().end == start) {
      runs.put(before.getKey(), join(before.getValue(), run));
    } else {
      runs.put(start, run);
    }
  }

  private Run join(Run first, Run second) {
    long length = second.end - first.end;
    return new Run(second.end, algorithm.combine(first.checksum, second.checksum, length));
  }

  /** Returns the checksum of all bytes, once each was read. */
  OptionalLong checksum() {
    return covered == size && size > 0
        ? OptionalLong.of(Objects.requireNonNull(runs.get(0L)).checksum)
        : OptionalLong.empty();
  }
}
