// SPDX-License-Identifier: Apache-2.0
package io.sluicefs.prefetch.model;

import java.util.Arrays;

/**
 * Which part of its tensors a handle reads: under tensor parallelism each process reads its share
 * of some kinds of tensors and the whole of others. What Linux asks for is wider than what the
 * process wants, by what it reads around a fault, and narrower where the pages are there already;
 * so what was seen is taken for the nearest simple fraction. Not thread-safe.
 */
final class Slices {
  /** Numbers of processes that share tensors, those looked for first at the front. */
  private static final int[] SHARES = {2, 4, 8, 3, 6, 16, 12, 5};

  /** Tensors up to this length are read whole. */
  private static final long SMALL = 1 << 20;

  /** A share this many times recognised beyond doubt. */
  private static final long CLEAR = 4;

  /** How far what was seen may be from what is wanted. */
  private long uncertain;

  private double[] starts = new double[16];
  private double[] ends = new double[16];

  /** The handle's share of tensors that are shared; of 0 if it is not known. */
  private int share;

  private int shares;

  /**
   * Notes how much Linux asks for at once, which is about what it reads around a fault.
   *
   * @param bytes of the largest read
   */
  void reach(long bytes) {
    uncertain = 2 * bytes;
  }

  /** Notes what was read of a tensor. */
  void learn(int kind, long start, long end, long length) {
    if (kind >= starts.length) {
      int room = Math.max(kind + 1, 2 * starts.length);
      starts = Arrays.copyOf(starts, room);
      ends = Arrays.copyOf(ends, room);
    }
    double ownError = shares == 0 ? Double.MAX_VALUE : error(share, shares, start, end, length);
    double wholeError = error(0, 1, start, end, length);
    if (length <= SMALL || (wholeError <= 1 && wholeError <= ownError)) {
      set(kind, 0, 1);
    } else if (ownError <= 1) {
      set(kind, (double) share / shares, (double) (share + 1) / shares);
    } else if (!learnShare(kind, start, end, length)) {
      set(kind, (double) start / length, (double) end / length);
    }
  }

  private boolean learnShare(int kind, long start, long end, long length) {
    for (int of : SHARES) {
      int index = (int) Math.round((double) start * of / length);
      if (index < of && error(index, of, start, end, length) <= 1) {
        set(kind, (double) index / of, (double) (index + 1) / of);
        if (length / of >= CLEAR * uncertain) {
          share = index;
          shares = of;
        }
        return true;
      }
    }
    return false;
  }

  /** Returns how far what was read is from a share, in units of what is uncertain. */
  private double error(int index, int of, long start, long end, long length) {
    double wantedStart = (double) length * index / of;
    double wantedEnd = (double) length * (index + 1) / of;
    return Math.max(Math.abs(start - wantedStart), Math.abs(end - wantedEnd)) / uncertain;
  }

  private void set(int kind, double start, double end) {
    starts[kind] = start;
    ends[kind] = end;
  }

  /** Returns whether tensors of a kind were read. */
  boolean isKnown(int kind) {
    return kind < ends.length && ends[kind] > 0;
  }

  /** Returns where the part of a tensor of a known kind starts, from the start of the tensor. */
  long start(int kind, long length) {
    return (long) (starts[kind] * length);
  }

  /** Returns where it ends. */
  long end(int kind, long length) {
    return (long) Math.ceil(ends[kind] * length);
  }

  /**
   * Returns where the handle's share of a tensor of an unknown kind ends, if the share starts where
   * it was begun to read; -1 if not.
   */
  long endOfShare(long start, long length) {
    boolean starts =
        shares > 0
            && length / shares > uncertain
            && Math.abs(start - length * share / shares) <= uncertain;
    return starts ? length * (share + 1) / shares : -1;
  }

  /**
   * Returns where reading is likely to end that began at {@code start} of a tensor of which nothing
   * is known and has come to {@code end}: at the next of the usual shares.
   */
  long nextBoundary(long start, long end, long length) {
    long begun = length / 16 * Math.round(16.0 * start / length);
    long from = Math.abs(begun - start) <= uncertain ? begun : start;
    for (int of = 16; of > 1; of /= 2) {
      long boundary = from + length / of;
      if (boundary + uncertain > end) {
        return Math.min(boundary, length);
      }
    }
    return length;
  }
}
